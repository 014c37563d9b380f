/** ESP and AH to groups of one link, which protect routers, beside the same packets to other ends, which are tunnels. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ethernet, ipv4, ipv6, type Bytes, withBytes } from '../kit/frame-builder.ts';
import { buildPcap } from '../kit/pcap.mjs';
import { ah, esp } from '../kit/ipsec-packets.ts';
import { replayFiles } from './replayed.ts';

const [ESP, AH] = [50, 51];
const [IPV4, IPV6] = [0x0800, 0x86dd];
const SPI = 0xc0000212;
const folder = mkdtempSync(join(tmpdir(), 'routers-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const group = (bytes: readonly number[]): Bytes => [
  0xff,
  0x02,
  ...new Array<number>(14 - bytes.length).fill(0),
  ...bytes,
];
const over4 = (protocol: number, load: Bytes, destination: Bytes): Bytes =>
  ethernet(IPV4, ipv4(protocol, load, { destination }));
const over6 = (protocol: number, load: Bytes, destination: Bytes): Bytes =>
  ethernet(IPV6, withBytes(ipv6(protocol, load), 24, destination));

/** The findings in a capture of eight packets of one SPI, made by `frame` with the sequence number. */
async function foundIn(frame: (sequence: number) => Bytes): Promise<(string | undefined)[]> {
  const packets = Array.from({ length: 8 }, (_, i) => ({
    timeUs: 1_731_261_600e6 + i * 1e6,
    bytes: Uint8Array.from(frame(i + 1)),
  }));
  const path = join(folder, 'case.pcap');
  writeFileSync(path, buildPcap(packets));
  const { flows, counters } = await replayFiles([path]);
  expect(counters.flowPackets).toBe(8);
  return flows.map((flow) => flow.vpn?.stage);
}

describe('ESP and AH to a group of one link', () => {
  it.each<[string, (sequence: number) => Bytes]>([
    ['VRRP behind AH', (sequence) => over4(AH, [...ah(SPI, sequence, 112)], [224, 0, 0, 18])],
    ['PIM behind AH', (sequence) => over4(AH, [...ah(SPI, sequence, 103)], [224, 0, 0, 13])],
    ['RIP behind ESP', (sequence) => over4(ESP, [...esp(SPI, sequence)], [224, 0, 0, 9])],
    ['the last address of the block', (sequence) => over4(ESP, [...esp(SPI, sequence)], [224, 0, 0, 255])],
    ['OSPFv3 behind ESP, all routers', (sequence) => over6(ESP, [...esp(SPI, sequence)], group([5]))],
    ['OSPFv3 behind ESP, designated routers', (sequence) => over6(ESP, [...esp(SPI, sequence)], group([6]))],
    ['RIPng behind AH', (sequence) => over6(AH, [...ah(SPI, sequence, 17)], group([9]))],
    ['PIM behind AH over IPv6', (sequence) => over6(AH, [...ah(SPI, sequence, 103)], group([13]))],
    [
      'PIM behind ESP in a GRE tunnel',
      (sequence) =>
        ethernet(IPV4, ipv4(47, [0, 0, 8, 0, ...ipv4(ESP, [...esp(SPI, sequence)], { destination: [224, 0, 0, 13] })])),
    ],
  ])('%s is no VPN', async (_, frame) => {
    const found = await foundIn(frame);
    expect(found.filter((stage) => stage !== undefined)).toEqual([]);
  });
});

describe('ESP and AH to another end', () => {
  it.each<[string, (sequence: number) => Bytes]>([
    ['a group of many links', (sequence) => over4(ESP, [...esp(SPI, sequence)], [224, 0, 1, 1])],
    ['a group with administrative scope', (sequence) => over4(ESP, [...esp(SPI, sequence)], [239, 192, 0, 18])],
    ['an address', (sequence) => over4(AH, [...ah(SPI, sequence)], [224 - 1, 0, 0, 18])],
    ['a group of a site', (sequence) => over6(ESP, [...esp(SPI, sequence)], withBytes(group([5]), 1, [0x05]))],
    ['a link-local address', (sequence) => over6(ESP, [...esp(SPI, sequence)], withBytes(group([5]), 0, [0xfe, 0x80]))],
  ])('%s is a VPN', async (_, frame) => {
    expect(await foundIn(frame)).toEqual(['confirmed']);
  });
});
