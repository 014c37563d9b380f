/** Sides with one registry, which share what does not depend on a policy, against each of them alone. */
import { expect, it } from 'vitest';
import { AssemblyTracker } from '../../src/dataplane/host/assembly-tracker.ts';
import { Outcome } from '../../src/dataplane/host/outcome.ts';
import type { Tracker } from '../../src/dataplane/host/tracker.ts';
import type { Rules } from '../../src/decision/rules.ts';
import { TrialAdmission } from '../../src/decision/trial-admission.ts';
import { Session } from '../../src/pipeline/session.ts';
import { evidenceOf } from '../kit/evidence-of.ts';
import type { BuiltPacket } from '../kit/pcap.mjs';
import { SeededRandom } from '../kit/random.mjs';
import { REGISTRY_HEADER, rulesOf } from '../kit/rehearsed-day.ts';
import { each, randomPackets, randomRules } from './random-sessions.ts';

/** Limits of windows that some of the policies have in common, small enough to trip. */
const SAFETY = [
  '[{ window: 60s, stage: any, clients: 3 }, { window: 10s, stage: confirmed, clients: 50, share: 80%, floor: 2 }]',
  '[{ window: 60s, stage: any, clients: 5, share: 60%, floor: 1 }, { window: 1h, stage: confirmed, clients: 4 }]',
  '[{ window: 30s, stage: suspected, clients: 2, then: ignore-suspected }]',
];
const THROTTLES = ['client', 'registration', 'rule'];

/** What a side received: its decisions, flow ends and outcomes, and its trial's counts where it has not tripped. */
type Received = readonly string[];

/** Policies of random rules; a throttle is the last. All have one registry, which is one object. */
function randomSides(random: SeededRandom): Rules[] {
  const { registry } = randomRules(random);
  return SAFETY.map((limits, side) => {
    const { policy } = randomRules(random);
    const last = rulesOf(
      `name: last\nmode: enforce\nrules:\n  - { name: slow, action: throttle, rate: 2kbit/s, burst: 200B, per: ${THROTTLES[side]!} }\nsafety: { limits: ${limits}, registered: 3, then: observe }\n`,
      REGISTRY_HEADER,
    ).policy;
    return {
      policy: { ...policy, rules: [...policy.rules, ...last.rules], safety: last.safety },
      registry,
      mode: 'enforce',
    };
  });
}

/** Intervals in which drops may be counted together: some packets of a flow are in one, some in the next. */
const INTERVAL_US = 10_000_000;

/** What sides did to packets, by flow, outcome and interval: the sums are the same however packets come together. */
class OutcomeSums {
  /** Packets that came together with others. */
  together = 0;
  private readonly sums = new Map<string, [packets: number, bytes: number]>();

  add(slot: number, outcome: Outcome, fromUs: number, packets: number, bytes: number): void {
    const key = [slot, outcome, fromUs].join(' ');
    const [packetsBefore, bytesBefore] = this.sums.get(key) ?? [0, 0];
    this.sums.set(key, [packetsBefore + packets, bytesBefore + bytes]);
  }

  /** The sums of a flow that ends. */
  take(slot: number): string[] {
    const keys = [...this.sums.keys()].filter((key) => key.startsWith(`${slot} `)).sort();
    const lines = keys.map((key) => [key, ...this.sums.get(key)!].join(' '));
    for (const key of keys) this.sums.delete(key);
    return lines;
  }
}

/** A tracker that reports each dropped packet. */
function trackerOfAll(): Tracker {
  const tracker = new AssemblyTracker(1000);
  Object.defineProperty(tracker.table, 'countQuiet', { value: () => null });
  return tracker;
}

/** Runs packets through sides; returns what each received. */
async function run(packets: readonly BuiltPacket[], sides: readonly Rules[], tracker: Tracker): Promise<Received[]> {
  return (await runCounted(packets, sides, tracker)).received;
}

/** The same, with the number of drops that came together. */
async function runCounted(
  packets: readonly BuiltPacket[],
  sides: readonly Rules[],
  tracker: Tracker,
): Promise<{ received: Received[]; together: number }> {
  const sums = sides.map(() => new OutcomeSums());
  const received: string[][] = sides.map(() => []);
  const admissions = TrialAdmission.sideBySide(sides.map(({ policy }) => policy.safety));
  const session = new Session(tracker);
  session.beginSides(
    sides.map((rules, side) => ({
      rules,
      admission: admissions[side]!,
      sink: {
        decided: (flow, { action, previous, rule, reason, source, destination }, timeUs, packet) => {
          const tunnel = flow.tunnel === null ? null : [...flow.tunnel.source].join();
          const registrations = [source?.reference ?? '', destination?.reference ?? ''].join();
          received[side]!.push(
            [flow.slot, flow.finding, action, previous, rule, reason, registrations, tunnel, timeUs, packet].join(' '),
          );
        },
        ended: (flow, decision, reason) => {
          received[side]!.push(...sums[side]!.take(flow.slot));
          received[side]!.push([flow.slot, flow.finding, evidenceOf(flow).length, decision?.rule, reason].join(' '));
        },
      },
    })),
    {
      affected: (side, slot, outcome, wireLength, timeUs) => {
        sums[side]!.add(slot, outcome, timeUs - (timeUs % INTERVAL_US), 1, wireLength);
      },
      dropped: (side, slot, packets, bytes, fromUs) => {
        sums[side]!.add(slot, Outcome.DROPPED, fromUs, packets, bytes);
        sums[side]!.together += packets;
      },
      intervalOf: (timeUs) => {
        const fromUs = timeUs - (timeUs % INTERVAL_US);
        return { fromUs, untilUs: fromUs + INTERVAL_US };
      },
    },
  );
  await each(packets, (batch) => {
    session.process(batch);
  });
  await session.finish();
  for (const [side, admission] of admissions.entries()) {
    const hasTripped = admission.trips.some(({ trip }) => trip.then === 'observe');
    received[side]!.push(JSON.stringify([admission.trips, hasTripped ? null : admission.breaker.limitCounts()]));
  }
  return { received, together: sums.reduce((count, { together }) => count + together, 0) };
}

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

it.each(SEEDS)('sides with one registry decide as each alone, seed %i', async (seed) => {
  const random = new SeededRandom(seed);
  const sides = randomSides(random);
  const packets = randomPackets(random);
  // This one counts packets that are dropped like the one before; the other reports each.
  const together = await run(packets, sides, new AssemblyTracker(1000));
  for (const [side, rules] of sides.entries()) {
    const [alone] = await run(packets, [rules], trackerOfAll());
    expect(alone!.length).toBeGreaterThan(30);
    expect(together[side]).toEqual(alone);
  }
});

it('some of these sides trip, throttle and block, and some drops come together', async () => {
  const all: string[] = [];
  let together = 0;
  for (const seed of SEEDS) {
    const random = new SeededRandom(seed);
    const sides = randomSides(random);
    const counted = await runCounted(randomPackets(random), sides, new AssemblyTracker(1000));
    all.push(...counted.received.flat());
    together += counted.together;
  }
  expect(together).toBeGreaterThan(20);
  expect(all.some((line) => line.includes('"timeUs"'))).toBe(true);
  expect(all.some((line) => line.includes('"affected"') && !line.endsWith('null]'))).toBe(true);
  for (const action of [' throttle ', ' block ', ' allow '])
    expect(all.some((line) => line.includes(action))).toBe(true);
});
