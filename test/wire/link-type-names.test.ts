import { describe, expect, it } from 'vitest';
import { linkTypeName } from '../../src/dataplane/host/link-type-names.ts';
import { compiledCodes } from '../assembly/compiled-codes.ts';
import { statusOf } from './decoded.ts';

describe('names of link types', () => {
  it.each([
    [0, 'NULL'],
    [10, 'FDDI'],
    [99, 'SYMANTEC_FIREWALL'],
    [107, 'FRELAY'],
    [146, 'IBM_SN'],
    [147, 'USER0'],
    [162, 'USER15'],
    [163, 'IEEE802_11_AVS'],
    [189, 'USB_LINUX'],
    [195, 'IEEE802_15_4_WITHFCS'],
    [207, 'LAPB_WITH_DIR'],
    [209, 'IPMB_LINUX'],
    [220, 'USB_LINUX_MMAPPED'],
    [227, 'CAN_SOCKETCAN'],
    [239, 'NFLOG'],
    [249, 'USBPCAP'],
    [253, 'NETLINK'],
    [271, 'VSOCK'],
    [290, 'ETW'],
    [11, 'unknown'],
    [208, 'unknown'],
    [4242, 'unknown'],
    [65_535, 'unknown'],
  ])('%i is %s', (linkType, name) => {
    expect(linkTypeName(linkType)).toBe(name);
  });

  it('are there for every link type that is read; no other is read', () => {
    const read = Object.values(compiledCodes('LinkType.'));
    for (const linkType of read) expect(linkTypeName(linkType)).not.toBe('unknown');
    const nothing = new Uint8Array(0);
    const decoded = Array.from({ length: 65_536 }, (_, linkType) => linkType).filter(
      (linkType) => statusOf(nothing, linkType) !== 'unsupported-link-type',
    );
    expect(decoded).toEqual(read.sort((a, b) => a - b));
  });
});
