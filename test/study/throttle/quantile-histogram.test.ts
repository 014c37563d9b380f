import { describe, expect, it } from 'vitest';
import { QuantileHistogram } from '../../../src/study/throttle/quantile-histogram.ts';
import { SeededRandom } from '../../kit/random.mjs';
import { exactQuantile } from './exact-throttle.ts';

const SHARES = [0.001, 0.25, 0.5, 0.95, 0.99, 1];

function histogramOf(numbers: readonly number[]): QuantileHistogram {
  const histogram = new QuantileHistogram();
  for (const number of numbers) histogram.add(number);
  return histogram;
}

describe('a histogram for quantiles', () => {
  it.each([
    ['nanoseconds', 0.001],
    ['microseconds', 1],
    ['hours', 3.6e9],
    ['ages', 2 ** 50],
  ])('of numbers around %s is at most 1/128 above the exact quantile, and never below it', (_name, unit) => {
    const random = new SeededRandom(11);
    const numbers = Array.from({ length: 3000 }, () => unit * (1 + random.below(1_000_000) / 200_000));
    const histogram = histogramOf(numbers);
    expect(histogram.count).toBe(numbers.length);
    for (const share of SHARES) {
      const exact = exactQuantile(numbers, share);
      expect(histogram.quantile(share)).toBeGreaterThanOrEqual(exact);
      expect(histogram.quantile(share)).toBeLessThanOrEqual(exact * (1 + 1 / 128));
    }
    expect(histogram.quantile(1)).toBe(Math.max(...numbers));
  });

  it('of upper ends of its intervals is exact, so 1 stays 1', () => {
    const numbers = [1, 1, 1, 1 + 1 / 128, 1.5, 2, 2, 2.5, 1024, 1024 + 8];
    const histogram = histogramOf(numbers);
    for (let i = 1; i <= numbers.length; i++) expect(histogram.quantile(i / numbers.length)).toBe(numbers[i - 1]);
  });

  it('takes numbers that are 0 into account without having them', () => {
    const numbers = [3, 3, 5];
    const histogram = histogramOf(numbers);
    const all = [0, 0, 0, 0, 0, ...numbers];
    for (let i = 1; i <= all.length; i++) expect(histogram.quantile(i / all.length, 5)).toBe(all[i - 1]);
    expect(new QuantileHistogram().quantile(0.5, 3)).toBe(0);
  });

  it('is null without numbers', () => {
    expect(new QuantileHistogram().quantile(0.5)).toBeNull();
  });

  it('counts numbers outside its range in the first and the last interval, and has their greatest', () => {
    const histogram = histogramOf([1e-300, 5e-324, 1e-9, 1, 1e300]);
    expect(histogram.quantile(0.2)).toBeLessThan(0.001);
    expect(histogram.quantile(0.6)).toBeLessThan(0.001);
    expect(histogram.quantile(0.8)).toBe(1);
    expect(histogram.quantile(1)).toBe(1e300);
  });
});
