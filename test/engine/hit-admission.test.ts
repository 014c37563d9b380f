/** The breaker beside decisions: when clients count as hit, and when it is asked again. */
import { describe, expect, it } from 'vitest';
import { parseMicros } from '../../src/core/units.ts';
import { buildPcap } from '../kit/pcap.mjs';
import { live, REGISTRY_HEADER, rulesOf } from '../kit/rehearsed-day.ts';
import { type Ends, MINUTE, SECOND, session } from './wireguard-session.ts';

const START = parseMicros('2024-11-30T18:00:00Z');
const NONE = { would: 0, prevented: 0, done: 0 };

function policy(rules: readonly string[], safety: string): string {
  return `name: test\nmode: enforce\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}safety: ${safety}\n`;
}

const WIDE = '{ limits: [{ window: 60s, clients: 500 }] }';
const CUT = '{ name: cut, action: block, when: { stage: confirmed } }';

const capture = (...sessions: Parameters<typeof session>[]): Buffer =>
  Buffer.from(buildPcap(sessions.flatMap((one) => session(...one)).sort((a, b) => a.timeUs - b.timeUs)));

describe('the hit admission', () => {
  it('trips on a registration that begins while its user is being hit', async () => {
    const registry = `${REGISTRY_HEADER}192.0.2.10/32,Bank,bank,,2024-11-30T18:05:00Z,,r\n`;
    const packets = capture([{ client: [192, 0, 2, 10] }, START, [MINUTE, 4 * MINUTE, 6 * MINUTE, 7 * MINUTE]]);
    const day = await live(rulesOf(policy([CUT], WIDE), registry), packets);
    expect(day.trips).toMatchObject([{ rule: 'cut', trip: { cause: 'registered', affected: 1 } }]);
    expect(day.registeredHits.in_force).toEqual({ ...NONE, prevented: 1 });
  });

  it('lets registered users be hit where the rule says that this is meant', async () => {
    const registry = `${REGISTRY_HEADER}192.0.2.10/32,Bank,bank,,,,r\n`;
    const meant = '{ name: meant, action: block, hits_registered: true }';
    const day = await live(
      rulesOf(policy([meant], WIDE), registry),
      capture([{ client: [192, 0, 2, 10] }, START, [SECOND]]),
    );
    expect(day.trips).toEqual([]);
    expect(day.registeredHits.on_purpose).toEqual({ ...NONE, done: 2 });
  });

  it('counts a throttled client once a packet of its is delayed or dropped, not before', async () => {
    const slow = '{ name: slow, action: throttle, rate: 8kbit/s, burst: 1600B }';
    const times = (count: number): number[] => Array.from({ length: count }, (_, i) => (i + 1) * 100_000);
    // Ten clients send too little to be slowed, one sends too much.
    const quiet = Array.from({ length: 10 }, (_, i): Parameters<typeof session> => [
      { client: [192, 0, 2, 20 + i] },
      START,
      times(3),
    ]);
    const safety = '{ limits: [{ window: 60s, clients: 0 }] }';
    const within = await live(rulesOf(policy([slow], safety), REGISTRY_HEADER), capture(...quiet));
    expect(within.trips).toEqual([]);
    const loud = await live(
      rulesOf(policy([slow], safety), REGISTRY_HEADER),
      capture(...quiet, [{ client: [192, 0, 2, 10] }, START, times(60)]),
    );
    expect(loud.trips).toMatchObject([{ rule: 'slow', trip: { cause: 'clients', affected: 1, allowed: 0 } }]);
  });

  it('asks again when a suspected flow that is hit is confirmed: its limit is another', async () => {
    const all = '{ name: all, action: block }';
    const limits =
      '{ limits: [{ window: 60s, stage: suspected, clients: 5 }, { window: 60s, stage: confirmed, clients: 2 }] }';
    const sessions = Array.from({ length: 5 }, (_, i): Parameters<typeof session> => [
      { client: [192, 0, 2, 20 + i] },
      START + i * SECOND,
      [],
    ]);
    const day = await live(rulesOf(policy([all], limits), REGISTRY_HEADER), capture(...sessions));
    expect(day.trips).toMatchObject([{ trip: { limit: '60s confirmed', affected: 3, allowed: 2 } }]);
  });

  it('shows clients of flows with a finding only', async () => {
    const packets = capture(
      [{ client: [192, 0, 2, 10] }, START, [MINUTE, 2 * MINUTE]],
      [{ client: [192, 0, 2, 11] }, START, [2 * MINUTE]],
    );
    const limits =
      '{ limits: [{ window: 60s, stage: confirmed, clients: 5, share: 5% }, { window: 1h, stage: suspected, clients: 5, share: 5% }] }';
    const day = await live(rulesOf(policy(['{ name: ok, action: allow }'], limits), REGISTRY_HEADER), packets);
    expect(day.admission!.breaker.limitCounts().map(({ seen }) => seen)).toEqual([2, 2]);
  });

  it('takes a client for a new one only if it was not hit all the while', async () => {
    // A client is remembered for a day after it was hit.
    const times = Array.from({ length: 60 * 30 }, (_, i) => (i + 1) * 2 * MINUTE);
    const late = START + 60 * 60 * MINUTE - 30 * SECOND;
    const allowed: Ends = { client: [192, 0, 2, 12], server: [203, 0, 113, 77] };
    const packets = capture(
      // Hit for sixty hours, and by another flow at their end.
      [{ client: [192, 0, 2, 10] }, START, times],
      [{ client: [192, 0, 2, 10], clientPort: 40_001 }, late, [SECOND]],
      // Allowed as long, and hit by another flow at their end.
      [allowed, START, times],
      [{ client: [192, 0, 2, 12] }, late, [SECOND]],
    );
    const rule = '{ name: ok, action: allow, when: { destination: 203.0.113.77/32 } }';
    const safety = '{ limits: [{ window: 60s, stage: confirmed, clients: 500 }] }';
    const day = await live(rulesOf(policy([rule, CUT], safety), REGISTRY_HEADER), packets);
    expect(day.trips).toEqual([]);
    expect(day.admission!.breaker.limitCounts().map(({ affected, seen }) => [affected, seen])).toEqual([[1, 2]]);
  });

  it('has decisions shown in mode observe after a trip', async () => {
    const safety = '{ limits: [{ window: 60s, clients: 0 }] }';
    const rules = rulesOf(policy([CUT], safety), REGISTRY_HEADER);
    const day = await live(rules, capture([{ client: [192, 0, 2, 10] }, START, [SECOND]]));
    expect([rules.mode, day.admission!.hasTripped, day.mode]).toEqual(['enforce', true, 'observe']);
  });

  it('may be missing: a throttle then slows without asking', async () => {
    const slow = '{ name: slow, action: throttle, rate: 8kbit/s, burst: 1600B }';
    const times = Array.from({ length: 60 }, (_, i) => (i + 1) * 100_000);
    const packets = capture([{ client: [10, 0, 0, 10] }, START, times]);
    const day = await live(rulesOf(policy([slow], WIDE), REGISTRY_HEADER), packets, { withBreaker: false });
    expect([day.admission, day.mode, day.hit.size]).toEqual([null, 'enforce', 1]);
  });
});
