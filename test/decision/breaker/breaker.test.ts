/** The breaker: against its slow twin, and by cases. */
import { describe, expect, it } from 'vitest';
import { Breaker } from '../../../src/decision/breaker/breaker.ts';
import { type Safety } from '../../../src/policy/limits.ts';
import { rounds } from '../../kit/mutated.ts';
import { SeededRandom } from '../../kit/random.mjs';
import { PlainBreaker } from './plain-breaker.ts';
import {
  breakerOf,
  client,
  CONFIRMED,
  hitMany,
  HOUR,
  KEY,
  limit,
  MINUTE,
  SECOND,
  START,
  SUSPECTED,
} from './breaker-kit.ts';

describe('the breaker against its twin', () => {
  const safeties: Safety[] = [
    { registered: 0, limits: [limit(60 * SECOND, 0, 40, { share: 0.3, floor: 5 })] },
    {
      registered: 0,
      limits: [
        limit(60 * SECOND, 2, 30, { share: 0.5, floor: 10 }),
        limit(HOUR, 2, 60),
        limit(24 * HOUR, 0, 150, { share: 0.6, floor: 20 }),
        limit(60 * SECOND, 1, 15, { then: 'ignore-suspected' }),
      ],
    },
  ];

  it.each([
    ['seconds', 3],
    ['minutes', 90],
    ['hours', 7000],
  ])('agrees for random traffic with steps of %s', (_name, step) => {
    const random = new SeededRandom(step);
    let trips = 0;
    for (const safety of safeties) {
      const breaker = new Breaker(safety, KEY);
      const plain = new PlainBreaker(safety);
      let second = 100_000;
      for (let i = 0; i < rounds(6000); i++) {
        if (random.below(4) === 0) second += random.below(step) - (random.below(5) === 0 ? 2 : 0);
        const number = random.below(300);
        const stage = 1 + random.below(2);
        const timeUs = second * SECOND + random.below(SECOND);
        if (random.below(3) === 0) {
          const admitted = breaker.admit(timeUs, client(number), stage, false);
          expect(admitted).toBe(plain.admit(timeUs, number, stage));
        } else {
          breaker.see(timeUs, client(number), stage);
          plain.see(timeUs, number, stage);
        }
        if (i % 10 === 0)
          expect(breaker.limitCounts().map(({ affected, seen, allowed }) => ({ affected, seen, allowed }))).toEqual(
            safety.limits.map((one) => plain.counts(one)),
          );
        if (plain.stopped !== 'no' && random.below(40) === 0) {
          trips++;
          breaker.reset();
          plain.reset();
        }
      }
    }
    expect(trips).toBeGreaterThan(rounds(10));
  });

  it('agrees across reloads and restarts', () => {
    const random = new SeededRandom(11);
    const safety = safeties[1]!;
    let breaker = new Breaker(safety, KEY);
    const plain = new PlainBreaker(safety);
    let timeUs = START;
    for (let i = 0; i < rounds(4000); i++) {
      timeUs += random.below(5 * SECOND);
      const number = random.below(500);
      const stage = 1 + random.below(2);
      if (random.below(2) === 0) {
        expect(breaker.admit(timeUs, client(number), stage, false)).toBe(plain.admit(timeUs, number, stage));
      } else {
        breaker.see(timeUs, client(number), stage);
        plain.see(timeUs, number, stage);
      }
      if (random.below(30) === 0) breaker.useLimits({ ...safety });
      if (random.below(30) === 0) {
        const [state, seen] = [JSON.stringify(breaker.exportState()), JSON.stringify(breaker.exportSeen())];
        breaker = new Breaker(safety, [9, 9, 9, 9]);
        breaker.importState(JSON.parse(state), 0);
        breaker.importSeen(JSON.parse(seen));
      }
      if (plain.stopped === 'all' && random.below(20) === 0) {
        breaker.reset();
        plain.reset();
      }
    }
    expect(breaker.limitCounts().map(({ affected, seen }) => [affected, seen])).toEqual(
      safety.limits.map((one) => plain.counts(one)).map(({ affected, seen }) => [affected, seen]),
    );
  });
});

describe('the breaker', () => {
  it('trips instead of exceeding a limit, and stays tripped until it is reset', () => {
    const breaker = breakerOf(limit(60 * SECOND, 0, 3));
    for (const number of [1, 2, 2, 3, 1]) expect(breaker.admit(START, client(number), CONFIRMED, false)).toBe(true);
    breaker.see(START, client(1), CONFIRMED);
    expect(breaker.admit(START, client(4), CONFIRMED, false)).toBe(false);
    expect(breaker.trips).toEqual([
      { timeUs: START, cause: 'clients', then: 'observe', limit: '60s any', affected: 4, seen: 1, allowed: 3 },
    ]);
    expect(breaker.admit(START + HOUR, client(1), CONFIRMED, false)).toBe(false);
    breaker.reset();
    expect(breaker.trips).toEqual([]);
    expect(breaker.admit(START + HOUR, client(1), CONFIRMED, false)).toBe(true);
  });

  it('holds its limits in captures whose times begin at 0, and before it', () => {
    for (const timeUs of [0, SECOND, 50 * MINUTE, -5 * SECOND]) {
      const breaker = breakerOf(limit(60 * SECOND, 0, 3), limit(24 * HOUR, 2, 500, { share: 0.5 }));
      for (let number = 0; number < 10; number++) breaker.see(timeUs, client(number), CONFIRMED);
      expect(breaker.limitCounts().map(({ seen }) => seen)).toEqual([10, 10]);
      expect(hitMany(breaker, 10, () => timeUs)).toBe(3);
      expect(breaker.trips).toMatchObject([{ cause: 'clients', affected: 4, seen: 10 }]);
    }
  });

  it('counts a client once that retries for hours', () => {
    const breaker = breakerOf(limit(60 * SECOND, 0, 1));
    for (let minute = 0; minute < 600; minute++)
      expect(breaker.admit(START + minute * MINUTE, client(7), CONFIRMED, false)).toBe(true);
  });

  it('counts a client once that is hit for longer than a day without a pause', () => {
    const breaker = breakerOf(limit(60 * SECOND, 0, 1));
    breaker.admit(START, client(7), CONFIRMED, false);
    for (let hour = 1; hour < 60; hour++) breaker.touch(START + hour * HOUR, client(7), CONFIRMED);
    breaker.admit(START + 60 * HOUR, client(8), CONFIRMED, false);
    expect(breaker.admit(START + 60 * HOUR, client(7), CONFIRMED, false)).toBe(true);
    expect(breaker.admit(START + 60 * HOUR, client(9), CONFIRMED, false)).toBe(false);
  });

  it('that trips because its state could not be read stops everything until a reset', () => {
    const breaker = breakerOf(limit(60 * SECOND, 0, 3));
    const changes = breaker.changes;
    breaker.tripForState(START);
    expect(breaker.trips).toEqual([
      { timeUs: START, cause: 'state', then: 'observe', limit: null, affected: 0, seen: 0, allowed: 0 },
    ]);
    expect([breaker.refuses(SUSPECTED), breaker.refuses(CONFIRMED)]).toEqual([true, true]);
    expect(breaker.changes).toBeGreaterThan(changes);
  });

  it('keeps one trip of each kind, the latest', () => {
    const breaker = breakerOf(limit(60 * SECOND, 0, 3));
    breaker.tripForState(START);
    breaker.tripForState(START + SECOND);
    expect(breaker.trips.map(({ timeUs }) => timeUs)).toEqual([START + SECOND]);
  });

  it('says with its count of changes when its state is worth writing', () => {
    const breaker = breakerOf(limit(60 * SECOND, 0, 3));
    const grows = (act: () => void): boolean => {
      const before = breaker.changes;
      act();
      return breaker.changes > before;
    };
    expect([
      grows(() => void breaker.see(START, client(1), CONFIRMED)),
      grows(() => void breaker.admit(START, client(1), CONFIRMED, false)),
      grows(() => {
        breaker.touch(START, client(1), CONFIRMED);
      }),
      grows(() => {
        breaker.clockWasSet(HOUR);
      }),
      grows(() => {
        breaker.reset();
      }),
    ]).toEqual([false, true, false, true, true]);
  });

  it('takes over trips alone from a state', () => {
    const other = breakerOf(limit(60 * SECOND, 0, 1));
    hitMany(other, 3, () => START);
    const breaker = breakerOf(limit(60 * SECOND, 0, 1));
    breaker.importTrips(JSON.parse(JSON.stringify(other.exportState())));
    expect([breaker.trips, breaker.limitCounts()[0]!.affected]).toEqual([other.trips, 0]);
  });

  it('is asked for a client again at the beginning of a slice, in packet time, also after the clock was set', () => {
    const breaker = breakerOf(limit(60 * SECOND, 0, 3), limit(HOUR, 2, 9));
    expect(breaker.see(START + 100, client(1), CONFIRMED)).toBe(START + SECOND);
    breaker.clockWasSet(10 * HOUR);
    expect(breaker.see(START + 10 * HOUR + 100, client(1), CONFIRMED)).toBe(START + 10 * HOUR + SECOND);
  });

  it('after a restart moves its windows by no more than the time that has passed, then with the packets', () => {
    const day = limit(24 * HOUR, 2, 500);
    for (const jump of [48 * HOUR, -48 * HOUR]) {
      const before = breakerOf(day);
      hitMany(before, 2, () => START);
      const breaker = breakerOf(day);
      breaker.importState(JSON.parse(JSON.stringify(before.exportState())), HOUR);
      expect(breaker.see(START + jump, client(7), CONFIRMED)).toBeGreaterThan(START + jump);
      expect(breaker.limitCounts()[0]!.affected).toBe(2);
      breaker.see(START + jump + 22 * HOUR, client(7), CONFIRMED);
      expect(breaker.limitCounts()[0]!.affected).toBe(2);
      breaker.see(START + jump + 26 * HOUR, client(7), CONFIRMED);
      expect(breaker.limitCounts()[0]!.affected).toBe(0);
    }
  });

  it('after a restart takes a packet within the time that has passed at its own time', () => {
    const before = breakerOf(limit(60 * SECOND, 2, 500));
    hitMany(before, 2, () => START);
    const breaker = breakerOf(limit(60 * SECOND, 2, 500));
    breaker.importState(JSON.parse(JSON.stringify(before.exportState())), 10 * HOUR);
    breaker.see(START + 2 * MINUTE, client(7), CONFIRMED);
    expect(breaker.limitCounts()[0]!.affected).toBe(0);
    // Half a minute back is reordering, not another clock.
    const back = breakerOf(limit(60 * SECOND, 2, 500));
    back.importState(JSON.parse(JSON.stringify(before.exportState())), 0);
    back.see(START - 30 * SECOND, client(7), CONFIRMED);
    back.see(START + 59 * SECOND, client(7), CONFIRMED);
    expect(back.limitCounts()[0]!.affected).toBe(2);
    back.see(START + 62 * SECOND, client(7), CONFIRMED);
    expect(back.limitCounts()[0]!.affected).toBe(0);
  });

  it('starts a window for any stage with the clients of both stages, and one of a stage without a window empty', () => {
    const breaker = breakerOf(limit(HOUR, 1, 9), limit(HOUR, 2, 9));
    breaker.see(START, client(1), SUSPECTED);
    breaker.see(START, client(2), CONFIRMED);
    breaker.see(START, client(2), SUSPECTED);
    breaker.useLimits({ registered: 0, limits: [limit(60 * SECOND, 0, 9), limit(60 * SECOND, 1, 9)] });
    expect(breaker.limitCounts().map(({ seen }) => seen)).toEqual([2, 2]);
    const other = breakerOf(limit(HOUR, 1, 9));
    other.see(START, client(1), SUSPECTED);
    other.useLimits({ registered: 0, limits: [limit(HOUR, 2, 9)] });
    expect(other.limitCounts()[0]!.seen).toBe(0);
  });

  it('starts a wider window with the clients of the widest one that there was', () => {
    const breaker = breakerOf(limit(60 * SECOND, 2, 9), limit(HOUR, 2, 9));
    breaker.see(START, client(1), CONFIRMED);
    breaker.see(START + 10 * MINUTE, client(2), CONFIRMED);
    breaker.useLimits({ registered: 0, limits: [limit(24 * HOUR, 2, 9)] });
    expect(breaker.limitCounts()[0]!.seen).toBe(2);
  });

  it('never admits more new clients than the limit in any window', () => {
    const random = new SeededRandom(9);
    const breaker = breakerOf(limit(60 * SECOND, 2, 20));
    let hits: number[] = [];
    let trips = 0;
    let timeUs = START;
    for (let i = 0; i < rounds(20_000); i++) {
      timeUs += random.below(5.8 * SECOND);
      if (breaker.admit(timeUs, client(random.below(1e6)), CONFIRMED, false)) {
        hits.push(timeUs);
        expect(hits.filter((hit) => hit > timeUs - 60 * SECOND).length).toBeLessThanOrEqual(20);
      } else {
        trips++;
        breaker.reset();
        hits = [];
      }
      hits = hits.slice(-30);
    }
    expect(trips).toBeGreaterThan(20);
  });
});
