/** Registered hits are counted in every mode, at either end, through tunnels, and by what came of them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseMicros } from '../../src/core/units.ts';
import { RegisteredHits } from '../../src/decision/registered-hits.ts';
import type { BuiltPacket } from '../kit/pcap.mjs';
import { replayFiles, type ReplayShape } from './replayed.ts';
import { type Ends, MINUTE, SECOND, session, WireguardSession, writeCapture } from './wireguard-session.ts';

const folder = mkdtempSync(join(tmpdir(), 'hits-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const START = parseMicros('2024-11-30T18:00:00Z');
const CLIENT: Ends = { client: [192, 0, 2, 10] };
const NONE = { would: 0, prevented: 0, done: 0 };
const BANK = '192.0.2.10/32,Bank,bank,,,,r';

function policy(...rules: string[]): string {
  return `name: test\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`;
}

let written = 0;
async function hits(
  packets: readonly BuiltPacket[],
  shape: ReplayShape,
): Promise<ReturnType<RegisteredHits['toCounts']>> {
  const run = await replayFiles([writeCapture(join(folder, `${written++}.pcap`), packets)], {
    registry: [BANK],
    ...shape,
  });
  return run.hits.toCounts();
}

const handshake = session(CLIENT, START, [SECOND, 2 * SECOND]);
const CUT = '{ name: cut, action: block, when: { stage: confirmed } }';

describe('a registered hit', () => {
  it.each([
    ['observe', { ...NONE, would: 1 }],
    ['enforce', { ...NONE, done: 1 }],
  ] as const)('is counted in mode %s, once for each decision', async (mode, inForce) => {
    const counts = await hits(handshake, { policy: policy(CUT), mode });
    expect(counts).toEqual({ in_force: inForce, on_purpose: NONE, other_protocol: NONE });
  });

  it('is a throttle too, and one of the suspected stage, and at the responder', async () => {
    const slow = '{ name: slow, action: throttle, rate: 1Mbit/s }';
    const registry = ['203.0.113.0/24,University,university,,,,u'];
    const counts = await hits(handshake, { policy: policy(slow), registry });
    // Suspected, then confirmed: two decisions.
    expect(counts.in_force).toEqual({ ...NONE, would: 2 });
  });

  it('is on purpose only where the rule that decides says so', async () => {
    const meant = '{ name: meant, action: block, hits_registered: true, when: { stage: suspected } }';
    const counts = await hits(handshake, { policy: policy(meant, CUT) });
    expect(counts).toMatchObject({ on_purpose: { ...NONE, would: 1 }, in_force: { ...NONE, would: 1 } });
  });

  it('is counted apart where the registration is for another protocol', async () => {
    const counts = await hits(handshake, { policy: policy(CUT), registry: ['192.0.2.10/32,Bank,bank,ipsec,,,r'] });
    expect(counts).toEqual({ in_force: NONE, on_purpose: NONE, other_protocol: { ...NONE, would: 1 } });
  });

  it('is none without a registration, after its end, or where the flow is allowed', async () => {
    const none = { in_force: NONE, on_purpose: NONE, other_protocol: NONE };
    expect(await hits(handshake, { policy: policy(CUT), registry: [] })).toEqual(none);
    expect(
      await hits(handshake, { policy: policy(CUT), registry: ['192.0.2.10/32,Bank,bank,,,2024-11-29,r'] }),
    ).toEqual(none);
    expect(await hits(handshake, { policy: policy('{ name: all, action: allow }', CUT) })).toEqual(none);
  });

  it('begins with the registration, for a flow that is decided already', async () => {
    const late = [...handshake, ...session(CLIENT, START, [10 * MINUTE, 11 * MINUTE]).slice(2)];
    const registry = ['192.0.2.10/32,Bank,bank,,2024-11-30T18:05:00Z,,r'];
    const counts = await hits(late, { policy: policy(CUT), registry, mode: 'enforce' });
    expect(counts.in_force).toEqual({ ...NONE, done: 1 });
  });

  it('is one through the tunnel: the other flow of a roaming peer is covered by its first address', async () => {
    const home = new WireguardSession(CLIENT);
    const away = new WireguardSession({ client: [198, 51, 100, 77], clientPort: 41_000 });
    const packets = [home.initiation(START), home.response(START + 1000), home.data(START + 2000)];
    // The same session from another address: it writes the index that the server chose for it.
    const moved = Array.from({ length: 5 }, (_, i) => ({ ...home.data(START + SECOND + i), from: away }));
    const rewritten = moved.map(({ timeUs, bytes }) => {
      const copy = Uint8Array.from(bytes);
      copy.set([198, 51, 100, 77], 26);
      return { timeUs, bytes: copy };
    });
    const counts = await hits([...packets, ...rewritten], { policy: policy(CUT), mode: 'enforce' });
    expect(counts.in_force).toEqual({ ...NONE, done: 2 });
  });
});

describe('the counts', () => {
  it('go through JSON and are added to those that are there', () => {
    const before = new RegisteredHits();
    before.count(1, 3, { rule: 'cut', protocol: 1, sector: 2 }, 5);
    before.count(2, 1, { rule: 'meant', protocol: 1, sector: 2 }, 6);
    const after = new RegisteredHits();
    after.count(1, 3, { rule: 'cut', protocol: 1, sector: 2 }, 7);
    after.addCounts(JSON.parse(JSON.stringify(before.toCounts())));
    expect(after.toCounts()).toEqual({
      in_force: { ...NONE, done: 2 },
      on_purpose: { ...NONE, would: 1 },
      other_protocol: NONE,
    });
    expect(after.latest).toEqual({ rule: 'cut', timeUs: 7 });
    after.clear();
    expect(after.total(1)).toBe(0);
  });

  it.each([null, 7, {}, { in_force: {} }, { in_force: NONE, on_purpose: NONE, other_protocol: { ...NONE, done: -1 } }])(
    'are left as they are by what is none: %j',
    (value) => {
      const hitsNow = new RegisteredHits();
      expect(() => {
        hitsNow.addCounts(value);
      }).toThrow(TypeError);
      expect(hitsNow.total(1)).toBe(0);
    },
  );
});
