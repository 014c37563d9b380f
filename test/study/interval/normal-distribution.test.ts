import { describe, expect, it } from 'vitest';
import { normalProbability, normalQuantile } from '../../../src/study/interval/normal-distribution.ts';

describe('the standard normal distribution', () => {
  // Values of Python's statistics.NormalDist; the series and the continued fraction meet at 3.
  it.each([
    [0, 0.5],
    [0.5, 0.691462461274013],
    [1, 0.841344746068543],
    [1.959963984540054, 0.975],
    [2.999, 0.9986456634662728],
    [3.001, 0.998654527174915],
    [4, 0.999968328758167],
    [6, 0.999999999013412],
  ])('has below %f a probability of %f', (z, probability) => {
    expect(normalProbability(z)).toBeCloseTo(probability, 9);
    expect(normalProbability(-z)).toBeCloseTo(1 - probability, 9);
  });

  it('has quantiles that are the inverse', () => {
    for (let probability = 0.0005; probability < 1; probability += 0.0037)
      expect(normalProbability(normalQuantile(probability))).toBeCloseTo(probability, 12);
    expect(normalQuantile(0)).toBe(-Infinity);
    expect(normalQuantile(1)).toBe(Infinity);
  });
});
