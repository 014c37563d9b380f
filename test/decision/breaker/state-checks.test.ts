/** The checks of a breaker's state by themselves: each field of each version, with the message of the check. */
import { describe, expect, it } from 'vitest';
import { breakerStateOf, seenWindowsOf } from '../../../src/decision/breaker/breaker-state.ts';
import { packDoubles, packWords, unpackDoubles, unpackWords } from '../../../src/decision/breaker/packed-numbers.ts';
import { TRIP_CAUSES } from '../../../src/decision/breaker/trip.ts';
import { ClientHash } from '../../../src/policy/client-hash.ts';
import { THEN_NAMES } from '../../../src/policy/then.ts';

const SECOND = 1_000_000;
const NO_STATE = new TypeError('the state of the breaker is not valid');
const NO_WINDOWS = new TypeError('the state of seen clients is not valid');

const trip = { timeUs: 5, cause: 'clients', then: 'observe', limit: '60s any', affected: 4, seen: 9, allowed: 3 };
const state = {
  version: 2,
  key: [1, -2, 3, 4],
  trips: [trip],
  registeredHits: 0,
  nowUs: 7,
  shiftUs: -5,
  hits: { level: 0, hashes: packWords([]), times: packDoubles([]) },
};
const read = (value: unknown) => breakerStateOf(value, new ClientHash([1, 2, 3, 4]));

describe('a state of this version', () => {
  it('is taken as it is', () => {
    expect(read(state)).toBe(state);
    for (const cause of TRIP_CAUSES)
      for (const then of THEN_NAMES) {
        const one = { ...state, trips: [{ ...trip, cause, then, limit: null }] };
        expect(read(one)).toBe(one);
      }
    expect(read({ ...state, trips: [] }).trips).toEqual([]);
  });

  it.each([undefined, null, 7, 'state', [], [state], {}, { ...state, version: 3 }, { ...state, version: '2' }])(
    'is an object with its number: %j is none',
    (value) => {
      expect(() => read(value)).toThrow(NO_STATE);
    },
  );

  it.each([
    { key: undefined },
    { key: { length: 4 } },
    { key: [1, 2, 3] },
    { key: [1, 2, 3, 4, 5] },
    { key: [1, 2, 3, '4'] },
    { key: [1.5, 2, 3, 4] },
    { trips: null },
    { trips: {} },
    { trips: [trip, null] },
    { registeredHits: -1 },
    { registeredHits: 0.5 },
    { registeredHits: '0' },
    { nowUs: '7' },
    { nowUs: Infinity },
    { nowUs: null },
    { shiftUs: Number.NaN },
    { shiftUs: '0' },
    { hits: null },
    { hits: [] },
    { hits: 'none' },
  ])('has valid fields: %j is refused', (fields) => {
    expect(() => read({ ...state, ...fields })).toThrow(NO_STATE);
  });

  it.each([
    { cause: 'rain' },
    { cause: undefined },
    { then: 'sleep' },
    { then: undefined },
    { limit: 60 },
    { limit: undefined },
    { timeUs: '5' },
    { timeUs: Infinity },
    { affected: -1 },
    { affected: 1.5 },
    { seen: -1 },
    { seen: '9' },
    { allowed: -1 },
    { allowed: null },
  ])('has valid trips: %j is refused', (fields) => {
    expect(() => read({ ...state, trips: [{ ...trip, ...fields }] })).toThrow(NO_STATE);
  });

  it.each([7, 'trip', [trip], undefined])('has trips that are objects: %j is refused', (one) => {
    expect(() => read({ ...state, trips: [one] })).toThrow(NO_STATE);
  });
});

describe('a state of version 1', () => {
  const trip1 = { timeUs: 5, cause: 'share', affected: 4, seen: 9 };
  const client = [0, 0, 0xffff, -2, 40, 30];
  const first = { version: 1, trip: trip1, sliceUs: SECOND, slice: 41, clients: [client] };

  it('is converted: clients count as hit for confirmed findings, at the times of their slices', () => {
    const hash = new ClientHash([1, 2, 3, 4]);
    const { hits, ...converted } = breakerStateOf(first, hash);
    hash.take([0, 0, 0xffff, -2]);
    expect(converted).toEqual({
      version: 2,
      key: [1, 2, 3, 4],
      trips: [{ ...trip1, then: 'observe', limit: null, allowed: 0 }],
      registeredHits: 0,
      nowUs: 41 * SECOND,
      shiftUs: 0,
    });
    expect([hits.level, ...unpackWords(hits.hashes)]).toEqual([0, hash.high, hash.low]);
    // The last hit, then since when it counts as hit: for any stage, suspected, confirmed.
    expect([...unpackDoubles(hits.times)]).toEqual(
      [40, -Infinity, 40, 30, -Infinity, 30].map((slice) => slice * SECOND),
    );
    expect(breakerStateOf({ ...first, trip: null }, hash).trips).toEqual([]);
    expect(breakerStateOf({ ...first, trip: { ...trip1, cause: 'clients' } }, hash).trips).toHaveLength(1);
  });

  it.each([
    { sliceUs: '1' },
    { slice: -1 },
    { slice: 1.5 },
    { clients: null },
    { clients: {} },
    { clients: [client, [1, 2]] },
    { clients: [client.slice(0, 5)] },
    { clients: [[...client, 1]] },
    { clients: [{ ...Object.fromEntries(client.entries()), length: 6 }] },
    { clients: ['client'] },
    { clients: [[0, 0, 0xffff, 0.5, 40, 30]] },
    { clients: [[0, 0, 0xffff, 1, -40, 30]] },
    { clients: [[0, 0, 0xffff, 1, 40, -30]] },
    { trip: undefined },
    { trip: 7 },
    { trip: [] },
    { trip: { ...trip1, cause: 'registered' } },
    { trip: { ...trip1, cause: '' } },
    { trip: { ...trip1, timeUs: '5' } },
    { trip: { ...trip1, affected: -1 } },
    { trip: { ...trip1, seen: 1.5 } },
  ])('has valid fields: %j is refused', (fields) => {
    expect(() => read({ ...first, ...fields })).toThrow(NO_STATE);
  });
});

describe('the windows of seen clients', () => {
  const window = { windowUs: 60 * SECOND, group: 2, level: 0, levels: [], hashes: '', ages: '' };
  const windows = { version: 2, nowUs: 7, windows: [window] };

  it('are taken as they are', () => {
    expect(seenWindowsOf(windows)).toBe(windows);
    for (const group of [0, 1]) {
      const two = { ...windows, windows: [window, { ...window, group }] };
      expect(seenWindowsOf(two)).toBe(two);
    }
  });

  it.each([
    null,
    7,
    [],
    {},
    { ...windows, version: 1 },
    { ...windows, nowUs: '7' },
    { ...windows, nowUs: Number.NaN },
    { ...windows, windows: {} },
    { ...windows, windows: [window, null] },
    { ...windows, windows: [[]] },
  ])('are an object with a list: %j is none', (value) => {
    expect(() => seenWindowsOf(value)).toThrow(NO_WINDOWS);
  });

  it.each([
    { levels: undefined },
    { levels: 'none' },
    { windowUs: '60' },
    { windowUs: 0 },
    { windowUs: -1 },
    { group: 1.5 },
    { group: 3 },
    { group: -1 },
    { group: '0' },
  ])('have valid fields: %j is refused', (fields) => {
    expect(() => seenWindowsOf({ ...windows, windows: [{ ...window, ...fields }] })).toThrow(NO_WINDOWS);
  });
});
