import { describe, expect, it } from 'vitest';
import { rolloutPlace, rolloutSeed } from '../../src/policy/rollout.ts';

function place(rule: string, last: number): number {
  return rolloutPlace(rolloutSeed(rule), Int32Array.of(0, 0, 0xffff, last));
}

describe('a rollout', () => {
  it('places clients where it always did', () => {
    expect(place('unregistered', 0x0a000002)).toMatchInlineSnapshot(`0.9734081570059061`);
    expect(place('unregistered', 0x0a000003)).toMatchInlineSnapshot(`0.8340599478688091`);
    expect(place('other', 0x0a000002)).toMatchInlineSnapshot(`0.27462237793952227`);
  });

  it('takes in about its share of neighbouring addresses, and each more with a larger share', () => {
    const count = 20_000;
    const places = Array.from({ length: count }, (_, i) => place('unregistered', 0x64400000 + i));
    for (const share of [0.01, 0.1, 0.5, 0.9]) {
      const within = places.filter((at) => at < share).length;
      // Five standard deviations of a fair draw.
      expect(Math.abs(within - count * share)).toBeLessThan(5 * Math.sqrt(count * share * (1 - share)));
    }
    expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...places)).toBeLessThan(1);
  });

  it('does not take in the same clients for every rule', () => {
    let both = 0;
    for (let i = 0; i < 10_000; i++) if (place('a', i) < 0.1 && place('b', i) < 0.1) both++;
    expect(both).toBeGreaterThan(50);
    expect(both).toBeLessThan(150);
  });
});
