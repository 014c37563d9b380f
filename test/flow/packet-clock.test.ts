/** The clock under reordering, damaged times and the ends of time. */
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../kit/random.mjs';
import { CompiledFlow } from './compiled-flow.ts';

const { exports } = await CompiledFlow.make('debug');

const SECOND = 1_000_000;
const START = Date.UTC(2024, 10, 10) * 1000;
const YEAR_2106 = 0xffffffff * SECOND;

function readings(times: readonly number[]): number[] {
  exports.makeClock();
  return times.map((time) => exports.step(time));
}

describe('the clock', () => {
  it('starts at zero with the first packet, whatever its time', () => {
    for (const time of [0, START, YEAR_2106, Number.MAX_SAFE_INTEGER]) expect(readings([time])).toEqual([0]);
  });

  it('follows packets in order to the microsecond', () => {
    expect(readings([START, START + 1, START + 1, START + 5 * SECOND])).toEqual([0, 1, 1, 5 * SECOND]);
  });

  it('stands while packets are reordered, and goes on where the latest one was', () => {
    const times = [0, 10, 4, 59, 60.5, 1, 61].map((seconds) => START + seconds * SECOND);
    expect(readings(times)).toEqual([0, 10, 10, 59, 60.5, 60.5, 61].map((seconds) => seconds * SECOND));
  });

  it('goes on from where it stands after a large step back', () => {
    const times = [START, START + 100 * SECOND, START + 39 * SECOND, START + 40 * SECOND, START + 100 * SECOND];
    expect(readings(times)).toEqual([0, 100, 100, 101, 161].map((seconds) => seconds * SECOND));
  });

  it('takes a damaged time far ahead for true, and does not stand still for years behind it', () => {
    const damaged = readings([START, YEAR_2106, START + SECOND, START + 2 * SECOND]);
    expect(damaged[1]).toBe(YEAR_2106 - START);
    expect(damaged[2]).toBe(damaged[1]);
    expect(damaged[3]).toBe(damaged[1]! + SECOND);
  });

  it('takes a damaged time of 1970 for another capture', () => {
    const seen = readings([START, 0, START + SECOND]);
    expect(seen[1]).toBe(0);
    expect(seen[2]).toBe(START + SECOND);
    expect(readings([0, SECOND, START])).toEqual([0, SECOND, START]);
  });

  it('never goes back, and advances by exactly the steps of packets in order', () => {
    const random = new SeededRandom(1);
    exports.makeClock();
    let time = START;
    let before = 0;
    for (let step = 0; step < 20_000; step++) {
      const jump = random.below(1000);
      if (jump === 0) time = random.below(2) === 0 ? 0 : YEAR_2106;
      else if (jump === 1) time -= random.below(50) * SECOND;
      else time += random.below(SECOND);
      const now = exports.step(Math.max(time, 0));
      expect(now).toBeGreaterThanOrEqual(before);
      expect(Number.isFinite(now)).toBe(true);
      before = now;
    }
  });
});
