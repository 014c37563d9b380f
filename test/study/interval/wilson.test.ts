import { describe, expect, it } from 'vitest';
import { wilsonInterval } from '../../../src/study/interval/wilson.ts';

describe('Wilson intervals', () => {
  // The last two are examples of Newcombe (1998), table I, method 3; the others follow from the formula for 0, half and all of n.
  it.each([
    [0, 10, 0, 0.2775],
    [10, 10, 0.7225, 1],
    [1, 1, 0.2065, 1],
    [5, 10, 0.2366, 0.7634],
    [15, 148, 0.0624, 0.1605],
    [81, 263, 0.2553, 0.3662],
  ])('are right for %i of %i', (count, total, lower, upper) => {
    const interval = wilsonInterval(count / total, total);
    expect(interval.lower).toBeCloseTo(lower, 4);
    expect(interval.upper).toBeCloseTo(upper, 4);
  });

  it('contain their value, and get narrower with a larger total', () => {
    for (let total = 1; total < 400; total += 7) {
      for (let count = 0; count <= total; count++) {
        const share = count / total;
        const { lower, upper } = wilsonInterval(share, total);
        expect(lower).toBeLessThanOrEqual(share);
        expect(upper).toBeGreaterThanOrEqual(share);
        const more = wilsonInterval(share, total * 10);
        expect(more.upper - more.lower).toBeLessThan(upper - lower);
      }
    }
  });
});
