/** Clients with a finding in a window, against a twin that keeps the last time of each in a Map. */
import { describe, expect, it } from 'vitest';
import { SeenClients } from '../../../src/decision/breaker/seen-clients.ts';
import { rounds } from '../../kit/mutated.ts';
import { SeededRandom } from '../../kit/random.mjs';

const SECOND = 1_000_000;
const HOUR = 3600 * SECOND;
const START = 1_700_000_000 * SECOND;
const CONFIRMED = 2;

/** Clients seen in the 60 slices that end with the current one; a slice is a sixtieth of the window. */
function within(last: ReadonlyMap<number, number>, windowUs: number, nowUs: number): number {
  const sliceOf = (timeUs: number): number => Math.floor((timeUs * 60) / windowUs);
  return [...last.values()].filter((timeUs) => sliceOf(nowUs) - sliceOf(timeUs) < 60).length;
}

const hashOf = (client: number): [number, number] => [client * 7919, client];

describe('clients with a finding', () => {
  it.each([60 * SECOND, HOUR])('are counted as by their twin, in a window of %d µs', (windowUs) => {
    const random = new SeededRandom(windowUs);
    let seen = new SeenClients(windowUs, CONFIRMED);
    const last = new Map<number, number>();
    let timeUs = START;
    for (let i = 0; i < rounds(3000); i++) {
      timeUs += random.below(2) * random.below(windowUs / 20);
      if (random.below(300) === 0) timeUs += 2 * windowUs;
      seen.advance(timeUs);
      const client = random.below(90);
      if (random.below(5) > 0) {
        seen.see(timeUs, ...hashOf(client));
        last.set(client, timeUs);
      }
      if (random.below(100) === 0) {
        const state = JSON.parse(JSON.stringify(seen.exportState())) as ReturnType<SeenClients['exportState']>;
        expect([state.windowUs, state.group, state.level]).toEqual([windowUs, CONFIRMED, 0]);
        seen = new SeenClients(windowUs, CONFIRMED);
        seen.importState(state, timeUs);
      }
      expect([seen.counts.lower(0), seen.counts.isExact]).toEqual([within(last, windowUs, timeUs), true]);
    }
  });

  it('of another window are added, each with the later of its two times', () => {
    const hour = new SeenClients(HOUR, CONFIRMED);
    const minute = new SeenClients(60 * SECOND, CONFIRMED);
    hour.advance(START);
    hour.see(START, ...hashOf(1));
    hour.see(START, ...hashOf(2));
    minute.advance(START + 50 * SECOND);
    minute.see(START + 50 * SECOND, ...hashOf(2));
    minute.see(START + 50 * SECOND, ...hashOf(3));
    hour.advance(START + 50 * SECOND);
    hour.see(START + 50 * SECOND, ...hashOf(4));
    minute.copyFrom(hour, START + 50 * SECOND);
    expect(minute.counts.lower(0)).toBe(4);
    // Client 1 leaves the window with the time at which it was seen, the others later.
    minute.advance(START + 61 * SECOND);
    expect(minute.counts.lower(0)).toBe(3);
    minute.advance(START + 111 * SECOND);
    expect(minute.counts.lower(0)).toBe(0);
  });

  it('of a window that is sampled are added at its level', () => {
    const small = new SeenClients(HOUR, CONFIRMED, 16);
    small.advance(START);
    for (let client = 0; client < 64; client++) small.see(START, client, client << 26);
    expect(small.counts.isExact).toBe(false);
    const large = new SeenClients(60 * SECOND, CONFIRMED, 1024);
    large.copyFrom(small, START);
    expect(large.exportState().level).toBe(small.exportState().level);
    expect(large.counts.isExact).toBe(false);
    expect(large.counts.estimate(0)).toBe(small.counts.estimate(0));
  });

  it('are exported without those that have left the window, with the age of each', () => {
    const seen = new SeenClients(60 * SECOND, CONFIRMED);
    seen.advance(START);
    seen.see(START, 1, 1);
    seen.advance(START + 30 * SECOND);
    seen.see(START + 30 * SECOND, 2, 2);
    expect(Buffer.from(seen.exportState().ages, 'base64').toJSON().data.sort()).toEqual([0, 30]);
    seen.advance(START + 60 * SECOND);
    expect([...Buffer.from(seen.exportState().ages, 'base64')]).toEqual([30]);
    expect(Buffer.from(seen.exportState().hashes, 'base64').length).toBe(8);
    expect(seen.exportState().levels).toEqual(new Array(60).fill(0));
  });

  it('are imported with the levels of their slices, so that old ones are estimates until they leave the window', () => {
    const seen = new SeenClients(60 * SECOND, CONFIRMED);
    seen.advance(START);
    const levels = Array.from({ length: 60 }, (_, slice) => (slice < 10 ? 3 : 0));
    const state = { ...seen.exportState(), levels };
    const after = new SeenClients(60 * SECOND, CONFIRMED);
    after.importState(state, START);
    expect([after.counts.exportLevels(), after.counts.isExact]).toEqual([levels, false]);
    after.advance(START + 9 * SECOND);
    expect(after.counts.isExact).toBe(false);
    after.advance(START + 10 * SECOND);
    expect(after.counts.isExact).toBe(true);
  });

  it.each([
    ['fewer ages than clients', { ages: '' }],
    ['a level that there is not', { level: -1 }],
    ['a slice with a level that there is not', { levels: [0, 25] }],
  ])('are refused from a state with %s', (_, fields) => {
    const seen = new SeenClients(60 * SECOND, CONFIRMED);
    seen.advance(START);
    seen.see(START, 1, 1);
    const state = { ...seen.exportState(), ...fields };
    expect(() => {
      new SeenClients(60 * SECOND, CONFIRMED).importState(state, START);
    }).toThrow(new TypeError('the state of seen clients is not valid'));
  });
});
