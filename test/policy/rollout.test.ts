import { describe, expect, it } from 'vitest';
import { rolloutPosition, rolloutSeed } from '../../src/policy/rollout.ts';

function place(rule: string, last: number): number {
  return rolloutPosition(rolloutSeed(rule), Int32Array.of(0, 0, 0xffff, last));
}

describe('a rollout', () => {
  it('has the positions of earlier versions', () => {
    expect(place('unregistered', 0x0a000002)).toMatchInlineSnapshot(`0.9734081570059061`);
    expect(place('unregistered', 0x0a000003)).toMatchInlineSnapshot(`0.8340599478688091`);
    expect(place('other', 0x0a000002)).toMatchInlineSnapshot(`0.27462237793952227`);
  });

  it('includes about its fraction of neighbouring addresses', () => {
    const count = 20_000;
    const places = Array.from({ length: count }, (_, i) => place('unregistered', 0x64400000 + i));
    for (const share of [0.01, 0.1, 0.5, 0.9]) {
      const within = places.filter((at) => at < share).length;
      // Five standard deviations of a random selection.
      expect(Math.abs(within - count * share)).toBeLessThan(5 * Math.sqrt(count * share * (1 - share)));
    }
    expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...places)).toBeLessThan(1);
  });

  it('includes different clients for different rules', () => {
    let both = 0;
    for (let i = 0; i < 10_000; i++) if (place('a', i) < 0.1 && place('b', i) < 0.1) both++;
    expect(both).toBeGreaterThan(50);
    expect(both).toBeLessThan(150);
  });

  it('is within one percent of its fraction over 100,000 clients, for several layouts of a network', () => {
    const networks = [
      (i: number) => [0, 0, 0xffff, 0x64400000 + i],
      // One client in each /24, then in each /64.
      (i: number) => [0, 0, 0xffff, (i << 8) | 7],
      (i: number) => [0x20010db8, i, 0, 1],
      (i: number) => [0x20010db8, 0, i << 16, 0x7f000001],
    ];
    for (const network of networks) {
      const seed = rolloutSeed('unregistered');
      const places = Array.from({ length: 100_000 }, (_, i) => rolloutPosition(seed, Int32Array.from(network(i))));
      for (const share of [0.01, 0.05, 0.1, 0.25, 0.5, 0.75]) {
        const within = places.filter((at) => at < share).length / places.length;
        expect(Math.abs(within - share)).toBeLessThan(0.01);
      }
    }
  });
});
