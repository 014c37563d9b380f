/** The layers that a summary lists: unread ones with more than 1 % of the packets, independent of all other counts. */
import { describe, expect, it } from 'vitest';
import { Counters } from '../../src/dataplane/host/counters.ts';
import { largeUnreadLayers, UNREAD_LAYERS } from '../../src/pipeline/unread-layers.ts';
import { DECODE_STATUS_NAMES, DecodeStatus } from '../../src/dataplane/host/decode-status.ts';

function countersOf(packets: number, notDecoded: readonly (readonly [DecodeStatus, number])[]): Counters {
  const counters = new Counters();
  counters.packets = packets;
  for (const [status, count] of notDecoded) counters.notDecoded[status] = count;
  return counters;
}

describe('large unread layers', () => {
  it('are those with more than 1 % of the packets, the largest first', () => {
    const counters = countersOf(1000, [
      [DecodeStatus.UNSUPPORTED_MACSEC, 11],
      [DecodeStatus.UNSUPPORTED_PBB, 10],
      [DecodeStatus.UNSUPPORTED_NSH, 300],
      [DecodeStatus.TOO_DEEP, 20],
    ]);
    expect(largeUnreadLayers(counters)).toEqual([
      { reason: 'unsupported-nsh', layer: 'network service headers (NSH)', packets: 300, share: 0.3 },
      { reason: 'too-deep', layer: 'layers nested too deep', packets: 20, share: 0.02 },
      { reason: 'unsupported-macsec', layer: 'MACsec', packets: 11, share: 0.011 },
    ]);
  });

  it('do not include packets without flows, nor damaged packets', () => {
    const counters = countersOf(100, [
      [DecodeStatus.ARP, 40],
      [DecodeStatus.ICMP, 20],
      [DecodeStatus.GRE_ACKNOWLEDGEMENT, 20],
      [DecodeStatus.TRUNCATED_IPV4, 20],
    ]);
    expect(largeUnreadLayers(counters)).toEqual([]);
    expect(largeUnreadLayers(countersOf(0, []))).toEqual([]);
  });

  it('have a text for too deep nesting and every unsupported status except link types, which have their own line', () => {
    const unsupported = DECODE_STATUS_NAMES.filter((name) => name?.startsWith('unsupported-') === true);
    expect(Object.keys(UNREAD_LAYERS).sort()).toEqual(
      ['too-deep', ...unsupported.filter((name) => name !== 'unsupported-link-type')].sort(),
    );
  });
});
