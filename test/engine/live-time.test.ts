/** Times of live packets: one that is off moves nothing, a clock that was set is followed. */
import { describe, expect, it } from 'vitest';
import { PacketBatch } from '../../src/capture/packet-batch.ts';
import { LiveTime } from '../../src/pipeline/live-time.ts';
import { SeededRandom } from '../kit/random.mjs';

const SECOND = 1_000_000;
const START = Date.parse('2026-03-01T12:00:00Z') * 1000;
const TEN_YEARS = 10 * 365 * 86_400 * SECOND;
const BOUND = 60 * SECOND;

/** Runs times through, in batches of a size; returns those that came out, and what was reported. */
function settled(
  times: readonly number[],
  size: number,
  elapsedUs = 0,
): { times: number[]; jumps: number[]; sets: number[]; time: LiveTime } {
  const jumps: number[] = [];
  const sets: number[] = [];
  const time = new LiveTime(BOUND, {
    onJump: (byUs) => jumps.push(byUs),
    onClockSet: (byUs) => sets.push(byUs),
  });
  const out: number[] = [];
  for (let at = 0; at < times.length; at += size) {
    const batch = batchOf(times.slice(at, at + size));
    time.settle(batch, elapsedUs);
    out.push(...batch.timeUs.subarray(0, batch.count));
  }
  return { times: out, jumps, sets, time };
}

function batchOf(times: readonly number[]): PacketBatch {
  const batch = new PacketBatch(Math.max(1, times.length));
  batch.timeUs.set(times);
  batch.count = times.length;
  return batch;
}

const steps = (count: number, from: number, stepUs: number): number[] =>
  Array.from({ length: count }, (_, i) => from + i * stepUs);

describe('live time', () => {
  it('leaves times as they are that follow one another, also backwards within the bound', () => {
    const random = new SeededRandom(4);
    const times = [START];
    for (let i = 0; i < 5000; i++) times.push(times.at(-1)! + random.below(80 * SECOND) - 20 * SECOND);
    const small = times.filter((time, i) => i === 0 || Math.abs(time - times[i - 1]!) <= BOUND);
    expect(settled(small, 100)).toMatchObject({ times: small, jumps: [], sets: [] });
  });

  it.each([TEN_YEARS, -TEN_YEARS])(
    'a packet that is off by %d µs gets the time of the one before, and is counted',
    (by) => {
      const times = steps(2000, START, 1000);
      times[500] = START + by;
      times[1500] = START + by;
      const { times: out, jumps, sets, time } = settled(times, 64);
      times[500] = times[499]!;
      times[1500] = times[1499]!;
      expect(out).toEqual(times);
      expect(jumps.map(Math.round)).toEqual([by - 499 * 1000, by - 1499 * 1000]);
      expect([time.jumpCount, sets]).toEqual([2, []]);
    },
  );

  it('is followed after 1,000 packets over 5 s that agree, and not before', () => {
    const before = steps(3000, START, 1000);
    // 999 over longer, then 1,000 over less.
    for (const [count, stepUs] of [
      [999, 10_000],
      [1000, 5000],
    ] as const) {
      const { sets } = settled([...before, ...steps(count, START + TEN_YEARS, stepUs)], 1);
      expect(sets).toEqual([]);
    }
    const other = steps(1400, START + TEN_YEARS, 5010);
    const { times, sets, time } = settled([...before, ...other], 100);
    const last = before.at(-1)!;
    expect(sets).toEqual([START + TEN_YEARS - last]);
    expect(times.slice(3000, 4000)).toEqual(new Array(1000).fill(last));
    expect(times.slice(4000)).toEqual(other.slice(1000));
    expect([time.jumpCount, time.clockSetCount]).toEqual([1000, 1]);
  });

  it('is not followed where good packets come between, however many there are', () => {
    const times = steps(5000, START, 1000).flatMap((time) => [time, time + TEN_YEARS]);
    const { sets, time } = settled(times, 100);
    expect(sets).toEqual([]);
    expect(time.jumpCount).toBe(5000);
  });

  it('takes the first base from most of the first packets', () => {
    const times = [START + TEN_YEARS, ...steps(50, START, 1000)];
    const { times: out, sets } = settled(times, 51);
    expect(out.slice(1)).toEqual(times.slice(1));
    expect(out[0]).toBeLessThan(START + SECOND);
    expect(sets).toEqual([]);
    // Where the first packet comes alone, more that agree on another time are soon followed.
    const alone = settled(times, 1);
    expect(alone.sets).toEqual([-TEN_YEARS]);
    expect(alone.times.slice(3)).toEqual(times.slice(3));
  });

  it('allows as much more as the source was waited for', () => {
    const times = [START, START + 3600 * SECOND];
    expect(settled(times, 1, 3600 * SECOND).jumps).toEqual([]);
    expect(settled(times, 1, 3500 * SECOND).jumps).toHaveLength(1);
    // A packet every two minutes, held back by the source for an hour: all of them come in one batch.
    const quiet = [START, ...steps(30, START + 120 * SECOND, 120 * SECOND)];
    const late = [...quiet, START + 3600 * SECOND + 2 * BOUND];
    const time = new LiveTime(BOUND, { onJump: () => undefined, onClockSet: () => undefined });
    time.settle(batchOf([START]), 0);
    const batch = batchOf(late);
    time.settle(batch, 3600 * SECOND);
    expect([...batch.timeUs]).toEqual([...quiet, quiet.at(-1)]);
    expect(time.jumpCount).toBe(1);
  });

  it('begins with each file where that begins; an earlier one sets the clock', () => {
    const sets: number[] = [];
    const time = new LiveTime(BOUND, { onJump: () => undefined, onClockSet: (byUs) => sets.push(byUs) });
    for (const from of [START, START + TEN_YEARS, START]) {
      const batch = batchOf(steps(10, from, 1000));
      time.begin();
      time.settle(batch, 0);
      expect([...batch.timeUs]).toEqual(steps(10, from, 1000));
    }
    expect(sets).toHaveLength(1);
    expect(time.jumpCount).toBe(0);
  });
});
