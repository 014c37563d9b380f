/** The admission of hits and its trial by themselves: what a trip reports, and what a reset forgets. */
import { describe, expect, it } from 'vitest';
import { FlowIdentity } from '../../src/decision/flow-record.ts';
import { HitAdmission, type TripReport } from '../../src/decision/hit-admission.ts';
import { TrialAdmission } from '../../src/decision/trial-admission.ts';
import type { Limit, Safety } from '../../src/policy/limits.ts';

const SECOND = 1_000_000;
const START = 1_700_000_000 * SECOND;
const SUSPECTED = 1;
const CONFIRMED = 2;

function flowOf(client: number): FlowIdentity {
  const flow = new FlowIdentity();
  flow.source.set([0, 0, 0xffff, client]);
  flow.firstPacket = client;
  return flow;
}

function limits(...given: (Partial<Limit> & Pick<Limit, 'group' | 'clients'>)[]): Safety {
  const limit = { windowUs: 60 * SECOND, share: null, floor: 10, then: 'observe' } as const;
  return { registered: 0, limits: given.map((one) => ({ ...limit, ...one })) };
}

/** An admission, with the flows of each trip as numbers. */
function admitting(safety: Safety) {
  const reports: (Omit<TripReport, 'flows'> & { flows: number[] })[] = [];
  const admission = new HitAdmission(safety, [1, 2, 3, 4], ({ trip, rule, flows }) => {
    reports.push({ trip, rule, flows: flows.map(({ firstPacket }) => firstPacket) });
  });
  const admit = (client: number, stage = CONFIRMED, isHarm = false): boolean =>
    admission.admit(flowOf(client), START, stage, `rule-${client}`, isHarm);
  return { admission, reports, admit };
}

describe('a trip', () => {
  it('names the rule that would have hit one client more, and the flows before it', () => {
    const { admission, reports, admit } = admitting(limits({ group: 0, clients: 3 }));
    expect([1, 2, 3, 4].map((client) => admit(client))).toEqual([true, true, true, false]);
    expect(reports).toMatchObject([{ rule: 'rule-4', flows: [1, 2, 3, 4], trip: { cause: 'clients', affected: 4 } }]);
    expect([admission.tripCount, admission.hasTripped, admission.refuses(CONFIRMED)]).toEqual([1, true, true]);
    // Once it has tripped there is nothing to report.
    expect(admit(5)).toBe(false);
    expect([admission.tripCount, reports.length]).toEqual([1, 1]);
  });

  it('names ten flows at most, the last of them the one that was refused', () => {
    const { reports, admit } = admitting(limits({ group: 0, clients: 25 }));
    for (let client = 1; client <= 26; client++) admit(client);
    expect(reports[0]!.flows).toEqual([17, 18, 19, 20, 21, 22, 23, 24, 25, 26]);
  });

  it('of a limit on a stage names flows of that stage', () => {
    const { reports, admit } = admitting(limits({ group: CONFIRMED, clients: 2 }, { group: SUSPECTED, clients: 5 }));
    admit(1, SUSPECTED);
    admit(2, CONFIRMED);
    admit(3, SUSPECTED);
    admit(4, CONFIRMED);
    admit(5, CONFIRMED);
    expect(reports[0]).toMatchObject({ flows: [2, 4, 5], trip: { limit: '60s confirmed' } });
  });

  it('of a limit on any stage names flows of both', () => {
    const { reports, admit } = admitting(limits({ group: 0, clients: 2 }));
    admit(1, SUSPECTED);
    admit(2, CONFIRMED);
    admit(3, SUSPECTED);
    expect(reports[0]).toMatchObject({ flows: [1, 2, 3], trip: { limit: '60s any' } });
  });

  it('because of registered users names their flows', () => {
    const { reports, admit } = admitting({ ...limits({ group: 0, clients: 50 }), registered: 1 });
    admit(1, CONFIRMED);
    admit(2, CONFIRMED, true);
    admit(3, CONFIRMED);
    admit(4, CONFIRMED, true);
    expect(reports[0]).toMatchObject({ flows: [2, 4], trip: { cause: 'registered' } });
  });

  it('that concerns suspected findings stops what is done to them alone', () => {
    const { admission, admit } = admitting(limits({ group: SUSPECTED, clients: 0, then: 'ignore-suspected' }));
    expect(admit(1, SUSPECTED)).toBe(false);
    expect([admission.hasTripped, admission.refuses(SUSPECTED), admission.refuses(CONFIRMED)]).toEqual([
      false,
      true,
      false,
    ]);
    expect([admit(2, SUSPECTED), admit(3, CONFIRMED)]).toEqual([false, true]);
  });

  it('is over after a reset, which begins a generation and forgets the flows that were hit', () => {
    const { admission, reports, admit } = admitting(limits({ group: 0, clients: 2 }));
    for (const client of [1, 2, 3]) admit(client);
    expect(admission.generation).toBe(1);
    admission.reset();
    expect([admission.generation, admission.hasTripped, admission.tripCount]).toEqual([2, false, 1]);
    for (const client of [4, 5, 6]) admit(client);
    expect(reports[1]!.flows).toEqual([4, 5, 6]);
  });
});

describe('a client', () => {
  it('is noted again from the next slice of the window on', () => {
    const { admission } = admitting(limits({ group: 0, clients: 2 }));
    expect(admission.breaker.see(START + 100, flowOf(1).source, CONFIRMED)).toBe(START + SECOND);
    expect(admission.breaker.limitCounts()[0]!.seen).toBe(1);
  });

  it('that is still being hit after a day is not a new one', () => {
    const { admission, admit } = admitting(limits({ group: 0, clients: 1 }));
    admit(1);
    for (let hour = 1; hour <= 30; hour++) admission.touch(flowOf(1), START + hour * 3600 * SECOND, CONFIRMED);
    const later = START + 30 * 3600 * SECOND;
    expect(admission.admit(flowOf(2), later, CONFIRMED, 'other', false)).toBe(true);
    expect(admission.admit(flowOf(1), later, CONFIRMED, 'same', false)).toBe(true);
    expect(admission.admit(flowOf(3), later, CONFIRMED, 'third', false)).toBe(false);
  });
});

describe('a trial', () => {
  it('notes the first trip of each kind, and stops nothing', () => {
    const trial = new TrialAdmission(
      limits({ group: CONFIRMED, clients: 1 }, { group: SUSPECTED, clients: 1, then: 'ignore-suspected' }),
    );
    const admitted = [1, 2, 3, 4].flatMap((client) =>
      [SUSPECTED, CONFIRMED].map((stage) =>
        trial.admit(flowOf(client + 10 * stage), START, stage, `rule-${stage}`, false),
      ),
    );
    expect(admitted).toEqual(new Array(8).fill(true));
    expect([trial.hasTripped, trial.refuses()]).toEqual([false, false]);
    expect(trial.trips.map(({ rule, trip }) => [rule, trip.then, trip.affected])).toEqual([
      ['rule-1', 'ignore-suspected', 2],
      ['rule-2', 'observe', 2],
    ]);
  });

  it('that has tripped counts clients for the trials beside it, as long as one of them may trip', () => {
    const [first, second] = TrialAdmission.sideBySide([1, 3].map((clients) => limits({ group: CONFIRMED, clients })));
    const seen = (client: number): number => {
      const untilUs = first!.breaker.see(START, flowOf(client).source, CONFIRMED);
      expect(second!.breaker.seeAgain(START, 0, 0, CONFIRMED, 0)).toBe(untilUs);
      return untilUs;
    };
    const admit = (client: number): void => {
      for (const trial of [first!, second!]) trial.admit(flowOf(client), START, CONFIRMED, 'all', false);
    };
    for (const client of [1, 2, 3]) {
      expect(seen(client)).toBe(START + SECOND);
      admit(client);
    }
    expect([first, second].map((trial) => trial!.trips.length)).toEqual([1, 0]);
    expect(second!.breaker.limitCounts()).toMatchObject([{ affected: 3, seen: 3 }]);
    admit(4);
    expect(second!.trips).toMatchObject([{ trip: { affected: 4, seen: 3 } }]);
    expect(seen(5)).toBe(Infinity);
    expect(second!.breaker.limitCounts()).toMatchObject([{ seen: 3 }]);
  });

  it('goes on from the clients that a breaker has seen and hit, without its trips', () => {
    const { admission, admit } = admitting(limits({ group: 0, clients: 2 }));
    admission.breaker.see(START, flowOf(1).source, CONFIRMED);
    for (const client of [1, 2, 3]) admit(client);
    expect(admission.hasTripped).toBe(true);
    const trial = new TrialAdmission(limits({ group: 0, clients: 2 }));
    trial.takeOver(admission.breaker);
    expect(trial.breaker.limitCounts()).toMatchObject([{ affected: 2, seen: 1 }]);
    expect([trial.breaker.trips, trial.trips]).toEqual([[], []]);
    trial.admit(flowOf(1), START, CONFIRMED, 'same', false);
    expect(trial.trips).toEqual([]);
    trial.admit(flowOf(4), START, CONFIRMED, 'other', false);
    expect(trial.trips).toMatchObject([{ rule: 'other', trip: { affected: 3 } }]);
  });
});
