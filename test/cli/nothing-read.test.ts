/**
 * Captures without a readable packet, for other reasons than the link type: the output never claims "0 of them VPN",
 * and always names the reason.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hex } from '../kit/bytes.mjs';
import { buildPcap } from '../kit/pcap.mjs';
import { sluice, temporaryFolder } from './sluice.ts';

const folder = temporaryFolder();
const TIME_US = 1_700_000_000_000_000;
const MACS = '020000000002 020000000001';
const ARP = hex(`${MACS} 0806 0001 0800 06 04 0001 020000000001 c0000201 000000000000 c0000202`);
const SPANNING_TREE = hex(`0180c2000000 020000000001 0026 42 42 03 ${'00'.repeat(35)}`);
const MACSEC = hex(`${MACS} 88e5 2c 00 00000001 ${'00'.repeat(40)}`);
const NSH = hex(`${MACS} 894f ${'00'.repeat(40)}`);
const TOO_DEEP = hex(`${MACS} ${'8100 0001 '.repeat(30)} 0800 ${'00'.repeat(20)}`);
const NOTHING = new Uint8Array(0);

function captureOf(name: string, ...packets: readonly Uint8Array[]): string {
  const path = join(folder, `${name}.pcap`);
  writeFileSync(path, buildPcap(packets.map((bytes, i) => ({ timeUs: TIME_US + i, bytes }))));
  return path;
}

describe('a capture of which no packet could be read', () => {
  it.each<[string, readonly Uint8Array[], string]>([
    ['nsh', [NSH, NSH], 'none of its 2 packets could be read: network service headers (NSH) (unsupported-nsh 2)'],
    ['macsec', [MACSEC], 'its one packet could not be read: MACsec (unsupported-macsec 1)'],
    ['deep', [TOO_DEEP, TOO_DEEP], 'none of its 2 packets could be read: layers nested too deep (too-deep 2)'],
    [
      'cut',
      [NOTHING, NOTHING],
      'none of its 2 packets could be read: packets that end inside a header (truncated-link 2). If the recording cut them: tcpdump -s 0 records whole packets',
    ],
    [
      'several',
      [NSH, MACSEC, NSH],
      'none of its 3 packets could be read: network service headers (NSH) (unsupported-nsh 2), MACsec (unsupported-macsec 1)',
    ],
  ])('is an error with the reason: %s', async (name, packets, message) => {
    const path = captureOf(name, ...packets);
    const { code, stdout, stderr } = await sluice(['replay', path]);
    expect([code, stderr]).toEqual([4, `sluice: ${path}: ${message}\n`]);
    expect(stdout).toContain(': nothing could be read, so nothing is known of VPNs.\n');
    expect(stdout).not.toContain('of them VPN');
    const json = await sluice(['replay', path, '--json', '--workers', '2']);
    expect(JSON.parse(json.stdout)).toMatchObject({ incomplete: [{ file: path, fault: 'unread-layers', message }] });
  });

  it('is said once to be it, where there is no packet at all', async () => {
    const path = join(folder, 'cut-header.pcap');
    writeFileSync(path, buildPcap([]).subarray(0, 10));
    const { code, stdout } = await sluice(['replay', path]);
    expect(code).toBe(4);
    expect(stdout).toContain('1 capture, 0 packets: nothing could be read, so nothing is known of VPNs.');
    expect(stdout).toMatch(/registrations\.\n$/);
  });
});

describe('a capture of packets that are read and are no flow', () => {
  it.each<[string, readonly Uint8Array[]]>([
    ['arp', [ARP, ARP]],
    ['spanning-tree', [SPANNING_TREE]],
    ['arp-and-nsh', [NSH, ARP, NSH]],
    ['empty', []],
  ])('is no error: %s', async (name, packets) => {
    const { code, stdout, stderr } = await sluice(['replay', captureOf(name, ...packets)]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('0 flows, 0 of them VPN.');
  });
});
