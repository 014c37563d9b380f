/** Mirror ports that tag each direction with another VLAN: the hint, and --link-identity. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { jsonLines, ROOT, sluice, temporaryFolder } from './sluice.ts';

const HANDSHAKE = join(ROOT, 'captures/wireguard/handshake.pcap');
const CLIENT_OCTET = 10;

/**
 * The committed handshake, a little-endian pcap of Ethernet frames, with a tag of VLAN `forth` or `back` in each frame;
 * 0 for no tag.
 */
function tagged(forth: number, back: number): Uint8Array {
  const capture = readFileSync(HANDSHAKE);
  const parts = [capture.subarray(0, 24)];
  for (let at = 24; at < capture.length;) {
    const [captured, wire] = [capture.readUInt32LE(at + 8), capture.readUInt32LE(at + 12)];
    const frame = capture.subarray(at + 16, at + 16 + captured);
    // The last byte of an IPv4 source address.
    const vlan = frame[29] === CLIENT_OCTET ? forth : back;
    const tag = vlan === 0 ? Buffer.alloc(0) : Buffer.from([0x81, 0x00, vlan >> 8, vlan & 255]);
    const header = Buffer.from(capture.subarray(at, at + 16));
    header.writeUInt32LE(captured + tag.length, 8);
    header.writeUInt32LE(wire + tag.length, 12);
    parts.push(header, frame.subarray(0, 12), tag, frame.subarray(12));
    at += 16 + captured;
  }
  return Buffer.concat(parts);
}

interface Outcome {
  readonly flows: number;
  readonly stages: string[];
  readonly hint: boolean;
}

async function outcome(forth: number, back: number, ...flags: string[]): Promise<Outcome> {
  const path = join(temporaryFolder(), `tagged-${forth}-${back}.pcap`);
  writeFileSync(path, tagged(forth, back));
  const { stdout } = await sluice(['replay', path, '--json', ...flags]);
  const summary = JSON.parse(stdout) as { flows: { total: number; split: number }; hints: string[] };
  const { stdout: lines } = await sluice(['replay', path, '--quiet', '--flows', '-', '--vpn-only', ...flags]);
  const stages = jsonLines(lines).map((event) => (event as { vpn: { stage: string } }).vpn.stage);
  const hint = summary.hints.some((text) => text.includes('--link-identity none'));
  expect(summary.flows.split > 0).toBe(hint);
  return { flows: summary.flows.total, stages: stages.sort(), hint };
}

describe('a mirror port that tags each direction with another VLAN', () => {
  it('makes two flows of one, each suspected at best, and a hint', async () => {
    expect(await outcome(101, 102)).toEqual({ flows: 2, stages: ['suspected', 'suspected'], hint: true });
    expect(await outcome(0, 102)).toEqual({ flows: 2, stages: ['suspected', 'suspected'], hint: true });
  });

  it('makes one confirmed flow under --link-identity none, in one thread and in two', async () => {
    const one = { flows: 1, stages: ['confirmed'], hint: false };
    expect(await outcome(101, 102, '--link-identity', 'none')).toEqual(one);
    expect(await outcome(101, 102, '--link-identity', 'none', '--workers', '2')).toEqual(one);
  });

  it('is hinted at by the same words in two threads', async () => {
    expect(await outcome(101, 102, '--workers', '2')).toEqual(await outcome(101, 102));
  });
});

describe('a mirror port that tags both directions alike', () => {
  it('makes one flow without a hint, and a priority tag changes nothing', async () => {
    const one = { flows: 1, stages: ['confirmed'], hint: false };
    expect(await outcome(101, 101)).toEqual(one);
    expect(await outcome(0, 0)).toEqual(one);
  });
});

it('--link-identity takes one of its two words', async () => {
  const { code, stderr } = await sluice(['replay', HANDSHAKE, '--link-identity', 'vni']);
  expect(code).toBe(2);
  expect(stderr).toContain('vlan, none');
});
