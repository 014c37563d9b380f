/** The figures of throttles against exact arithmetic over the same packets: random sessions under rules of every scope. */
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { OUTCOME_NAMES } from '../../../src/dataplane/host/outcome.ts';
import type { Quantiles, ThrottleFigures } from '../../../src/study/throttle/throttle-figures.ts';
import { SLOWDOWN_BOUNDS } from '../../../src/study/throttle/slowdown.ts';
import { type Replayed, replayFiles } from '../../engine/replayed.ts';
import { SECOND, WireguardSession } from '../../engine/wireguard-session.ts';
import { type BuiltPacket, buildPcap } from '../../kit/pcap.mjs';
import { SeededRandom } from '../../kit/random.mjs';
import { temporaryFolder } from '../../kit/running-daemon.ts';
import { type ExactOutcome, type ExactPacket, exactOutcomes, exactQuantile, exactSenders } from './exact-throttle.ts';

/** An answer of the histogram is at most this part above the exact quantile. */
const WIDTH = 1 / 128;
const START = 1_732_000_000 * SECOND;

/** Rule n holds for the clients 10.n.0.0/16. Rates are primes, so that no packet is on an edge, or whole bytes per us. */
const RULES = [
  { per: 'client', rate: 257_003, burst: 4001 },
  { per: 'flow', rate: 64_007, burst: 8009 },
  { per: 'rule', rate: 500_009, burst: 4001 },
  { per: 'registration', rate: 257_003, burst: 4001 },
  { per: 'client', rate: 8, burst: 1601 },
  { per: 'client', rate: 1_000_000_000, burst: 1700 },
  { per: 'registration', rate: 4_000_000_000, burst: 1500 },
] as const;
const NEVER = `  - { name: never, action: throttle, rate: 1kbit/s, when: { source: 172.16.0.0/12 } }\n`;
const POLICY = `name: exact\nmode: enforce\nrules:\n${NEVER}${RULES.map(
  ({ per, rate, burst }, n) =>
    `  - { name: r${n}, action: throttle, rate: ${rate}bit/s, burst: ${burst}B, per: ${per}, when: { source: 10.${n}.0.0/16 } }\n`,
).join('')}  - { name: cut, action: block, when: { source: 10.90.0.0/16 } }\n`;
const REGISTRY = ['10.3.0.0/30,One,it,,,,a', '10.3.0.4/30,Two,it,,,,b', '10.6.0.0/29,Three,it,,,,c'];

interface Sent {
  readonly packet: BuiltPacket;
  readonly rule: number;
  readonly host: number;
  readonly flow: number;
}

const folder = temporaryFolder();
afterAll(() => {
  folder.remove();
});

/** Sessions of some clients, which come back after their flows have ended; one packet in thirty goes back in time. */
function traffic(random: SeededRandom): Sent[] {
  const sent: Sent[] = [];
  for (let flow = 0; flow < 160; flow++) {
    const rule = [0, 1, 2, 3, 4, 5, 6, 90][random.below(8)]!;
    const host = 1 + random.below(10);
    const session = new WireguardSession({ client: [10, rule, 0, host], clientPort: 20_000 + flow }, flow);
    let timeUs = START + random.below(3) * 700 * SECOND + random.below(60 * SECOND);
    const put = (packet: BuiltPacket): number => sent.push({ packet, rule, host, flow });
    put(session.initiation(timeUs));
    timeUs += 1 + random.below(40_000);
    put(session.response(timeUs));
    for (let count = random.below(120); count > 0; count--) {
      const fast = rule === 5 ? 3 : rule === 6 ? 1 : 20;
      timeUs += random.below(2 * random.pick([fast, fast, fast, fast, 2000, 2000, 2000, 40_000, 3 * SECOND]));
      put(session.data(timeUs, 32 + 16 * random.below(85)));
    }
  }
  sent.sort((a, b) => a.packet.timeUs - b.packet.timeUs);
  return sent.map((one) => {
    if (random.below(30) > 0) return one;
    return { ...one, packet: { ...one.packet, timeUs: one.packet.timeUs - random.below(300_000) } };
  });
}

/** The bucket that a packet comes to, by the words of the policy. */
function keyOf({ rule, host, flow }: Sent): string {
  const { per } = RULES[rule]!;
  if (per === 'client') return `client ${host}`;
  if (per === 'rule') return 'rule';
  const holder =
    rule === 3 ? ['One', 'One', 'One', 'Two', 'Two', 'Two', 'Two'][host - 1] : host < 8 ? 'Three' : undefined;
  return per === 'flow' || holder === undefined ? `flow ${flow}` : holder;
}

function exactPackets(sent: readonly Sent[], rule: number): ExactPacket[] {
  return sent
    .filter((one) => one.rule === rule)
    .map((one) => ({ key: keyOf(one), timeUs: one.packet.timeUs, bytes: one.packet.bytes.length }));
}

function expectQuantiles(figures: Quantiles, numbers: readonly number[]): void {
  for (const [name, share] of [
    ['median', 0.5],
    ['p95', 0.95],
    ['p99', 0.99],
    ['max', 1],
  ] as const) {
    const exact = numbers.length === 0 ? null : exactQuantile(numbers, share);
    if (exact === null) expect(figures[name]).toBeNull();
    else {
      expect(figures[name]).toBeGreaterThanOrEqual(exact * (1 - 1e-6));
      expect(figures[name]).toBeLessThanOrEqual(exact * (1 + (share === 1 ? 1e-6 : WIDTH)) * (1 + 1e-6));
    }
  }
}

function expectAmounts(figures: ThrottleFigures, outcomes: readonly ExactOutcome[]): void {
  for (const name of OUTCOME_NAMES) {
    const own = outcomes.filter(({ outcome }) => outcome === name);
    expect(figures[name]).toEqual({ packets: own.length, bytes: bytesOf(own) });
  }
}

function bytesOf(packets: readonly ExactPacket[]): number {
  return packets.reduce((sum, { bytes }) => sum + bytes, 0);
}

describe.each([1, 2, 3])('throttles of random traffic %i', (seed) => {
  const sent = traffic(new SeededRandom(seed));
  const path = join(folder.path, `${seed}.pcap`);
  writeFileSync(path, buildPcap(sent.map(({ packet }) => packet)));
  let replayed: Promise<Replayed> | null = null;
  const figuresOf = async (rule: number): Promise<ThrottleFigures> => {
    replayed ??= replayFiles([path], { policy: POLICY, registry: REGISTRY });
    return (await replayed).throttles.find((figures) => figures.rule === `r${rule}`)!;
  };

  it.each(RULES.map((rule, n) => [n, rule] as const))('rule %i: %o', async (n, rule) => {
    const packets = exactPackets(sent, n);
    const outcomes = exactOutcomes(rule, packets);
    const figures = await figuresOf(n);
    expect(Math.min(figures.forwarded.packets, figures.delayed.packets, figures.dropped.packets)).toBeGreaterThan(0);
    const delivered = outcomes.filter(({ outcome }) => outcome !== 'dropped');
    const delayed = outcomes.filter(({ outcome }) => outcome === 'delayed');
    expectAmounts(figures, outcomes);
    expect(figures.lossPackets).toBe((packets.length - delivered.length) / packets.length);
    expect(figures.lossBytes).toBe((bytesOf(packets) - bytesOf(delivered)) / bytesOf(packets));
    expectQuantiles(
      figures.delayUs,
      delivered.map(({ delayUs }) => delayUs),
    );
    expectQuantiles(
      figures.delayedUs,
      delayed.map(({ delayUs }) => delayUs),
    );

    const firstUs = Math.min(...packets.map(({ timeUs }) => timeUs));
    const offeredUs = Math.max(...packets.map(({ timeUs }) => timeUs)) - firstUs;
    const deliveredUs = Math.max(...delivered.map(({ timeUs, delayUs }) => timeUs + delayUs)) - firstUs;
    expect(figures.offered.seconds).toBeCloseTo(offeredUs / 1e6, 9);
    expect(figures.delivered.seconds).toBeCloseTo(deliveredUs / 1e6, 5);
    expect(figures.offered.rateBps! / ((8e6 * bytesOf(packets)) / offeredUs)).toBeCloseTo(1, 9);
    expect(figures.delivered.rateBps! / ((8e6 * bytesOf(delivered)) / deliveredUs)).toBeCloseTo(1, 6);

    const senders = exactSenders(rule, packets);
    expect(figures.buckets).toBe(senders.length);
    const flows = rule.per === 'registration' ? senders.filter(({ key }) => key.startsWith('flow')).length : 0;
    expect([figures.unregisteredFlows, figures.countedEarly, figures.slowdown.atOnce]).toEqual([flows, 0, 0]);
    const slowdowns = senders.map(({ takenUs, neededUs }) => neededUs / takenUs);
    expectQuantiles(figures.slowdown, slowdowns);
    expectQuantiles(
      figures.slowdown.addedSeconds,
      senders.map(({ takenUs, neededUs }) => (neededUs - takenUs) / 1e6),
    );
    const bounds = [...SLOWDOWN_BOUNDS, Infinity];
    expect(figures.slowdown.histogram.map(({ buckets }) => buckets)).toEqual(
      bounds.map((bound, i) => slowdowns.filter((one) => one <= bound && one > (bounds[i - 1] ?? 0)).length),
    );
  });

  it('gives each packet the outcome and the delay of exact arithmetic', async () => {
    await figuresOf(0);
    const { outcomes } = (await replayed)!;
    const exact = RULES.map((rule, n) => exactOutcomes(rule, exactPackets(sent, n)));
    for (const [i, { rule }] of sent.entries()) {
      const { outcome, delayUs } = outcomes[i]!;
      const expected = exact[rule]?.shift() ?? { outcome: 'dropped', delayUs: 0 };
      expect([i, OUTCOME_NAMES[outcome]]).toEqual([i, expected.outcome]);
      expect(delayUs).toBeCloseTo(expected.delayUs, 2);
    }
  });

  it('gives a rule without a packet zeros, and null where nothing can be divided', async () => {
    await figuresOf(0);
    const never = (await replayed)!.throttles.find(({ rule }) => rule === 'never')!;
    expect(never).toMatchObject({
      buckets: 0,
      offered: { packets: 0, bytes: 0, seconds: 0, rateBps: null },
      lossPackets: null,
      delayUs: { median: null, max: null },
      slowdown: { median: null, takenSeconds: 0 },
    });
  });
});
