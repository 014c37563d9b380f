/** Sides with one registry, which share what does not depend on a policy, against each of them alone. */
import { expect, it } from 'vitest';
import { AssemblyTracker } from '../../src/dataplane/host/assembly-tracker.ts';
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

/** Runs packets through sides; returns what each received. */
async function run(packets: readonly BuiltPacket[], sides: readonly Rules[], tracker: Tracker): Promise<Received[]> {
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
          received[side]!.push([flow.slot, flow.finding, evidenceOf(flow).length, decision?.rule, reason].join(' '));
        },
      },
    })),
    {
      affected: (side, slot, outcome, wireLength, timeUs) => {
        received[side]!.push([slot, outcome, wireLength, timeUs].join(' '));
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
  return received;
}

it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])(
  'sides with one registry decide as each alone, seed %i',
  async (seed) => {
    const random = new SeededRandom(seed);
    const sides = randomSides(random);
    const packets = randomPackets(random);
    // This one leaves packets out that change nothing on any side; the other reports each.
    const together = await run(packets, sides, new AssemblyTracker(1000));
    for (const [side, rules] of sides.entries()) {
      const [alone] = await run(packets, [rules], new AssemblyTracker(1000));
      expect(alone!.length).toBeGreaterThan(60);
      expect(together[side]).toEqual(alone);
    }
  },
);

it('some of these sides trip, throttle and block', async () => {
  const all: string[] = [];
  for (const seed of [1, 2, 3, 4]) {
    const random = new SeededRandom(seed);
    const sides = randomSides(random);
    all.push(...(await run(randomPackets(random), sides, new AssemblyTracker(1000))).flat());
  }
  expect(all.some((line) => line.includes('"timeUs"'))).toBe(true);
  expect(all.some((line) => line.includes('"affected"') && !line.endsWith('null]'))).toBe(true);
  for (const action of [' throttle ', ' block ', ' allow '])
    expect(all.some((line) => line.includes(action))).toBe(true);
});
