import { describe, expect, it } from 'vitest';
import { Breaker } from '../../../src/decision/breaker/breaker.ts';
import { oneWindow } from '../../../src/policy/limits.ts';
import type { Address } from '../../kit/random.mjs';

const SECOND = 1_000_000;
const HOUR = 3600 * SECOND;
const START = 1_700_000_000 * SECOND;
const KEY = [1, 2, 3, 4];
const CONFIRMED = 2;

const client = (number: number): Address => [0, 0, 0xffff, number];
const safety = (clients: number) => oneWindow(60 * SECOND, clients, 1);
const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

function hitBefore(): Breaker {
  const before = new Breaker(safety(3), KEY);
  before.admit(START, client(1), CONFIRMED, false);
  before.admit(START + SECOND, client(-2), CONFIRMED, false);
  return before;
}

function after(before: Breaker, elapsedUs = 0): Breaker {
  const breaker = new Breaker(safety(3), [7, 7, 7, 7]);
  breaker.importState(throughJson(before.exportState()), elapsedUs);
  return breaker;
}

describe('the state of a breaker', () => {
  it('survives a restart: a hit client is not new, and the counts continue', () => {
    const breaker = after(hitBefore());
    expect(breaker.limitCounts()).toMatchObject([{ affected: 2 }]);
    expect(breaker.admit(START + 2 * SECOND, client(1), CONFIRMED, false)).toBe(true);
    expect(breaker.admit(START + 2 * SECOND, client(3), CONFIRMED, false)).toBe(true);
    expect(breaker.admit(START + 2 * SECOND, client(4), CONFIRMED, false)).toBe(false);
    const later = after(breaker, 10 * HOUR);
    expect(later.trips).toEqual(breaker.trips);
    expect(later.admit(START + 9 * HOUR, client(9), CONFIRMED, false)).toBe(false);
  });

  it('has no addresses, and depends on the key', () => {
    const text = JSON.stringify(hitBefore().exportState());
    expect(text).not.toContain('-2');
    expect(text).not.toBe(JSON.stringify({ ...hitBefore().exportState(), key: [7, 7, 7, 7] }));
  });

  it('moves its windows by the elapsed time, not by the time of another capture', () => {
    const hour = after(hitBefore(), HOUR);
    hour.see(START + HOUR, client(5), CONFIRMED);
    expect(hour.limitCounts()).toMatchObject([{ affected: 0, seen: 1 }]);
    for (const years of [-10, 10]) {
      const breaker = after(hitBefore(), 0);
      const timeUs = START + years * 365 * 24 * HOUR;
      breaker.see(timeUs, client(5), CONFIRMED);
      // Directly after the restart, a packet of another decade moves the windows by at most a minute.
      breaker.see(timeUs + SECOND, client(6), CONFIRMED);
      expect(breaker.limitCounts()[0]!.seen).toBe(2);
      breaker.see(timeUs + 2 * HOUR, client(6), CONFIRMED);
      expect(breaker.limitCounts()).toMatchObject([{ affected: 0, seen: 1 }]);
    }
  });

  it('of version 1, with one window and addresses, is converted', () => {
    const slice = (START / SECOND) | 0;
    const trip = { timeUs: START, cause: 'clients', affected: 4, seen: 9 };
    const clients = [
      [0, 0, 0xffff, 1, slice, slice],
      [0, 0, 0xffff, -2, slice, slice - 5],
    ];
    const breaker = new Breaker(safety(3), KEY);
    breaker.importState({ version: 1, trip, sliceUs: SECOND, slice, clients }, 0);
    expect(breaker.trips).toMatchObject([{ ...trip, then: 'observe' }]);
    expect(breaker.limitCounts()).toMatchObject([{ affected: 2 }]);
    breaker.importState({ version: 1, trip: null, sliceUs: SECOND, slice, clients }, 0);
    expect(breaker.trips).toEqual([]);
    expect(breaker.admit(START, client(1), CONFIRMED, false)).toBe(true);
    expect(breaker.limitCounts()).toMatchObject([{ affected: 2 }]);
  });

  it.each([null, 7, [], {}, { version: 3 }, { version: 1, trip: null, sliceUs: 1, slice: -1, clients: [] }])(
    'is refused where it is none: %j',
    (state) => {
      const breaker = new Breaker(safety(3), KEY);
      expect(() => {
        breaker.importState(state, 0);
      }).toThrow(TypeError);
      expect(breaker.admit(START, client(1), CONFIRMED, false)).toBe(true);
    },
  );

  it.each([
    { version: 1, trip: { cause: 'rain' }, sliceUs: 1, slice: 1, clients: [] },
    { key: [1, 2, 3] },
    { trips: [{}] },
    { registeredHits: -1 },
    { nowUs: null },
    { hits: null },
  ])('is refused with an invalid field: %j', (fields) => {
    const state = { ...hitBefore().exportState(), ...fields };
    const breaker = new Breaker(safety(3), KEY);
    expect(() => {
      breaker.importState(state, 0);
    }).toThrow(TypeError);
    expect(breaker.admit(START, client(1), CONFIRMED, false)).toBe(true);
  });

  it.each([{ hashes: 'AAA' }, { hashes: 7 }, { times: '' }, { level: 99 }])(
    'is refused with invalid clients: %j',
    (fields) => {
      const good = hitBefore().exportState();
      const breaker = new Breaker(safety(3), KEY);
      expect(() => {
        breaker.importState({ ...good, hits: { ...good.hits, ...fields } }, 0);
      }).toThrow(TypeError);
      expect(breaker.admit(START, client(1), CONFIRMED, false)).toBe(true);
    },
  );

  it.each([
    null,
    {},
    { windows: [{}] },
    { windows: [{ windowUs: 1, group: 0, level: 0, levels: [], hashes: 'AAAAAAAAAAA=', ages: '' }] },
  ])('of seen clients is refused where it is invalid: %j', (fields) => {
    const value = fields === null || !('windows' in fields) ? fields : { ...hitBefore().exportSeen(), ...fields };
    const breaker = new Breaker(safety(3), KEY);
    expect(() => {
      breaker.importSeen(value);
    }).toThrow(TypeError);
    expect(breaker.limitCounts()).toHaveLength(1);
  });
});
