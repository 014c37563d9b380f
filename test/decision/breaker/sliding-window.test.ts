/** The ring of slices by itself: exact counts against a twin, and the formulae of its estimates. */
import { describe, expect, it } from 'vitest';
import { SlidingCounts } from '../../../src/decision/breaker/sliding-counts.ts';
import { rounds } from '../../kit/mutated.ts';
import { SeededRandom } from '../../kit/random.mjs';

const SECOND = 1_000_000;
const MINUTE = 60 * SECOND;
const GROUPS = 3;

describe('counts in a sliding window', () => {
  it.each([60, 61])('are those of its last %d slices, by group', (slices) => {
    const random = new SeededRandom(slices);
    const counts = new SlidingCounts(MINUTE, slices, GROUPS);
    const added: { timeUs: number; group: number }[] = [];
    const sliceOf = (timeUs: number): number => Math.floor(timeUs / SECOND);
    let timeUs = 1000 * SECOND;
    for (let i = 0; i < rounds(3000); i++) {
      const before = timeUs;
      timeUs += random.below(3 * SECOND) * random.below(2);
      if (random.below(200) === 0) timeUs += 100 * SECOND;
      expect(counts.advance(timeUs, 0)).toBe(i === 0 || sliceOf(timeUs) > sliceOf(before));
      // Some times lie before the window, and some after it.
      const at = timeUs + (random.below(5) === 0 ? 3 * SECOND : -random.below(70 * SECOND));
      const isHeld = sliceOf(at) <= sliceOf(timeUs) && sliceOf(timeUs) - sliceOf(at) < slices;
      expect(counts.holds(at)).toBe(isHeld);
      expect(counts.age(at)).toBe(sliceOf(timeUs) - sliceOf(at));
      const group = random.below(GROUPS);
      counts.add(group, at, 1);
      if (isHeld) added.push({ timeUs: at, group });
      if (random.below(4) === 0 && added.length > 0) {
        const [gone] = added.splice(random.below(added.length), 1);
        counts.add(gone!.group, gone!.timeUs, -1);
      }
      const held = (of: number): number =>
        added.filter((one) => one.group === of && sliceOf(timeUs) - sliceOf(one.timeUs) < slices).length;
      const expected = [0, 1, 2].map(held);
      expect([0, 1, 2].map((of) => counts.estimate(of))).toEqual(expected);
      expect([0, 1, 2].map((of) => counts.lower(of))).toEqual(expected);
      expect([0, 1, 2].map((of) => counts.upper(of))).toEqual(expected);
    }
  });

  it('have slices of a sixtieth of the window', () => {
    const counts = new SlidingCounts(3600 * SECOND, 60, 1);
    expect([counts.sliceUs, counts.sliceOf(119 * SECOND), counts.nextSlice(0), counts.nextSlice(61 * SECOND)]).toEqual([
      60 * SECOND,
      1,
      60 * SECOND,
      120 * SECOND,
    ]);
  });

  it('do not move back', () => {
    const counts = new SlidingCounts(MINUTE, 60, 1);
    counts.advance(100 * SECOND, 0);
    counts.add(0, 100 * SECOND, 1);
    expect([counts.advance(40 * SECOND, 5), counts.isExact, counts.estimate(0)]).toEqual([false, true, 1]);
  });

  it('of a sample at level 1 are weighed by two, with the bounds of a score interval at 1.645 deviations', () => {
    const counts = new SlidingCounts(MINUTE, 60, 1);
    counts.advance(0, 1);
    for (let client = 0; client < 10; client++) counts.add(0, 0, 1);
    expect(counts.isExact).toBe(false);
    // 20 + 2.706 ± sqrt(2.706 * 20 + 2.706²), computed by hand.
    expect(counts.estimate(0)).toBe(20);
    expect(counts.upper(0)).toBeCloseTo(30.5446, 3);
    expect(counts.lower(0)).toBeCloseTo(14.8675, 3);
  });

  it('of slices at several levels are weighed slice by slice', () => {
    const counts = new SlidingCounts(MINUTE, 60, 1);
    counts.advance(0, 0);
    for (let client = 0; client < 5; client++) counts.add(0, 0, 1);
    counts.advance(SECOND, 2);
    for (let client = 0; client < 3; client++) counts.add(0, SECOND, 1);
    // 5 + 4 * 3; variance 4 * 3 * 3; half of 2.706 * 4.
    expect(counts.estimate(0)).toBe(17);
    expect(counts.upper(0)).toBeCloseTo(33.6685, 3);
    // No fewer than the eight that are in the sample; the interval begins at 11.156.
    expect(counts.lower(0)).toBeCloseTo(11.1556, 3);
  });

  it('have no lower bound below the number of sampled clients, and an upper bound where there is none', () => {
    const counts = new SlidingCounts(MINUTE, 60, 1);
    counts.advance(0, 8);
    expect([counts.estimate(0), counts.lower(0)]).toEqual([0, 0]);
    // 2.706 * 2^8.
    expect(counts.upper(0)).toBeCloseTo(692.7, 0);
    counts.add(0, 0, 1);
    expect(counts.lower(0)).toBeGreaterThanOrEqual(1);
  });

  it('are exact again once the last slice of a sample has left the window', () => {
    const counts = new SlidingCounts(MINUTE, 60, 1);
    counts.advance(0, 3);
    counts.advance(59 * SECOND, 0);
    expect(counts.isExact).toBe(false);
    counts.advance(60 * SECOND, 0);
    expect(counts.isExact).toBe(true);
  });

  it('that begin again are at the level of the sample, or at the higher one that a slice has', () => {
    const counts = new SlidingCounts(MINUTE, 60, 2);
    counts.advance(59 * SECOND, 0);
    counts.advance(60 * SECOND, 3);
    counts.add(1, 60 * SECOND, 1);
    counts.restart(1);
    expect([counts.estimate(0), counts.estimate(1)]).toEqual([0, 0]);
    expect(counts.exportLevels()).toEqual([...new Array<number>(59).fill(1), 3]);
  });

  it('give their levels from the oldest slice on, and take them so', () => {
    const counts = new SlidingCounts(MINUTE, 61, 1);
    for (let slice = 0; slice < 100; slice++) counts.advance(slice * SECOND, slice % 7);
    const levels = Array.from({ length: 61 }, (_, i) => (39 + i) % 7);
    expect(counts.exportLevels()).toEqual(levels);
    const after = new SlidingCounts(MINUTE, 61, 1);
    after.advance(99 * SECOND, 0);
    after.importLevels(levels);
    expect([after.exportLevels(), after.isExact]).toEqual([levels, false]);
    after.importLevels([]);
    expect([after.exportLevels(), after.isExact]).toEqual([new Array(61).fill(0), true]);
  });

  it('have levels before the first packet, and at times before 1970', () => {
    const counts = new SlidingCounts(MINUTE, 60, 1);
    counts.importLevels([4]);
    expect(counts.exportLevels()[0]).toBe(0);
    const early = new SlidingCounts(MINUTE, 60, 1);
    early.advance(-90 * SECOND, 2);
    const levels = Array.from({ length: 60 }, (_, i) => i % 5);
    early.importLevels(levels);
    expect(early.exportLevels()).toEqual(levels);
  });
});
