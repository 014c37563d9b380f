/** Captures of unsupported link types: the output never claims "0 of them VPN", and always has number and name. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { concat, hex } from '../kit/bytes.mjs';
import { buildPcap } from '../kit/pcap.mjs';
import { buildEnhanced, buildInterface, buildSection } from '../kit/pcapng.mjs';
import { ROOT, sluice, temporaryFolder } from './sluice.ts';

const folder = temporaryFolder();
const VPN = 'captures/wireguard/two-messages.pcap';
const TIME_US = 1_700_000_000_000_000;

function written(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const packets = (count: number, bytes: Uint8Array = new Uint8Array(60)): { timeUs: number; bytes: Uint8Array }[] =>
  Array.from({ length: count }, (_, i) => ({ timeUs: TIME_US + i, bytes }));

/** The frames of a committed little-endian pcap. */
function framesOf(path: string): Uint8Array[] {
  const file = readFileSync(join(ROOT, path));
  const frames: Uint8Array[] = [];
  for (let at = 24; at < file.length; at += 16 + file.readUInt32LE(at + 8))
    frames.push(file.subarray(at + 16, at + 16 + file.readUInt32LE(at + 8)));
  return frames;
}

const usb = written('usb.pcap', buildPcap(packets(4), { linkType: 220 }));
const UNREAD = 'link type 220 (USB_LINUX_MMAPPED), which Sluice does not read';

/** Ethernet with a VPN, and an interface of another link type. */
function mixed(): Uint8Array {
  const frames = framesOf(VPN);
  return concat(
    buildSection(),
    buildInterface({ linkType: 220 }),
    buildInterface({ linkType: 1 }),
    ...frames.map((bytes, i) => buildEnhanced(TIME_US + i, bytes, { row: 1 })),
    ...packets(3).map(({ timeUs, bytes }) => buildEnhanced(timeUs, bytes, { row: 0 })),
  );
}

describe('a capture whose link type is not read', () => {
  it('is an error that names file, number and name, and says nothing of VPNs', async () => {
    const { code, stdout, stderr } = await sluice(['replay', usb]);
    expect(code).toBe(4);
    expect(stderr).toContain(`sluice: ${usb}: none of its 4 packets could be read: ${UNREAD}. Record with another`);
    expect(stdout).toMatch(/^1 capture, 4 packets: nothing could be read, so nothing is known of VPNs\.$/m);
    expect(stdout).not.toMatch(/of them VPN/);
    expect(stdout).toContain('Link types that are not read, with their packets: 220 (USB_LINUX_MMAPPED) 4.');
  });

  it.each([['1'], ['2'], ['3']])('is in the JSON summary, with %s workers', async (workers) => {
    const { code, stdout } = await sluice(['replay', usb, '--json', '--workers', workers]);
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({
      incomplete: [{ file: usb, fault: 'unread-link-type', message: expect.stringContaining(UNREAD) as string }],
      packets: { read: 4, unread_link_types: [{ link_type: 220, name: 'USB_LINUX_MMAPPED', packets: 4 }] },
    });
  });

  it('does not keep the others from being read, in one capture or each by itself', async () => {
    for (const each of [[], ['--each']]) {
      const { code, stdout, stderr } = await sluice(['replay', usb, VPN, usb, ...each]);
      expect(code).toBe(4);
      expect(stderr.match(/none of its 4 packets/g)).toHaveLength(2);
      expect(stdout).toMatch(/^3 captures, 10 packets, 1 flow, 1 of them VPN\.$/m);
    }
  });

  it('without a packet is no error: there was nothing to read', async () => {
    const { code, stderr } = await sluice(['replay', written('empty.pcap', buildPcap([], { linkType: 220 }))]);
    expect([code, stderr]).toEqual([0, '']);
  });

  it('fails evaluate and explain too', async () => {
    const labels = written('labels.json', Buffer.from('[{"file":"usb.pcap","flows_total":0,"positives":[]}]'));
    const evaluated = await sluice(['evaluate', usb, '--labels', labels]);
    expect(evaluated.code).toBe(4);
    const explained = await sluice(['explain', usb, '--flow', '0123456789abcdef']);
    expect(explained.code).not.toBe(0);
    for (const { stderr } of [evaluated, explained]) expect(stderr).toContain(UNREAD);
  });

  it('inside PPI is named by the inner number', async () => {
    const ppi = written('ppi.pcap', buildPcap(packets(2, hex('0000 0800 bd000000 00000000')), { linkType: 192 }));
    const { code, stderr } = await sluice(['replay', ppi, '--quiet']);
    expect(code).toBe(4);
    expect(stderr).toContain('link type 189 (USB_LINUX), which');
  });
});

describe('a pcapng with interfaces that are read and others', () => {
  it('has the former read, the latter counted and named', async () => {
    const path = written('mixed.pcapng', mixed());
    const { code, stdout, stderr } = await sluice(['replay', path]);
    expect(code).toBe(0);
    expect(stderr).toBe(`sluice: ${path}: 3 of 5 packets have unsupported link types: 220 (USB_LINUX_MMAPPED) 3\n`);
    expect(stdout).toMatch(/^1 capture, 5 packets, 1 flow, 1 of them VPN\.$/m);
    expect(stdout).toContain('Link types that are not read, with their packets: 220 (USB_LINUX_MMAPPED) 3.');
  });
});
