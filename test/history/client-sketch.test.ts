/** Sketches of clients beside sets of the same clients. */
import { describe, expect, it } from 'vitest';
import { ClientSketch, EXACT_LIMIT, SKETCH_ERROR } from '../../src/history/client-sketch.ts';
import { SeededRandom } from '../kit/random.mjs';
import { addClient } from './sample-minutes.ts';

const random = new SeededRandom(7);

function sketchOf(ids: Iterable<number>): ClientSketch {
  const sketch = new ClientSketch();
  for (const id of ids) addClient(sketch, id);
  return sketch;
}

const range = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i);

describe('a sketch of clients', () => {
  it('is exact up to 64, whatever comes twice', () => {
    for (const count of [0, 1, 5, EXACT_LIMIT - 1, EXACT_LIMIT]) {
      const sketch = sketchOf([...range(count), ...range(count)]);
      expect([sketch.size, sketch.isExact]).toEqual([count, true]);
    }
    expect(sketchOf(range(EXACT_LIMIT + 1)).isExact).toBe(false);
  });

  it('errs by its standard error above, in the mean of many', () => {
    for (const count of [65, 200, 1000, 5000, 100_000]) {
      const errors = range(40).map((i) => sketchOf(range(count, i * 1_000_000)).size / count - 1);
      const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
      const deviation = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length);
      expect(Math.abs(mean)).toBeLessThan((4 * SKETCH_ERROR) / Math.sqrt(errors.length));
      expect(deviation).toBeLessThan(1.4 * SKETCH_ERROR);
    }
  });

  it('merged with others is the sketch of all their clients, in any order and by bytes too', () => {
    for (let i = 0; i < 60; i++) {
      const sets = range(random.between(1, 5)).map(() =>
        range(random.pick([0, 3, 40, 64, 65, 500])).map(() => random.below(2000)),
      );
      const all = sketchOf(sets.flat());
      const merged = new ClientSketch();
      for (const set of sets) merged.merge(sketchOf(set));
      const byBytes = new ClientSketch();
      for (const set of sets.toReversed()) byBytes.mergeBytes(sketchOf(set).toBytes());
      const isAnyWide = sets.some((set) => new Set(set).size > EXACT_LIMIT);
      if (!isAnyWide) expect(merged.size).toBe(all.size);
      expect(byBytes.size).toBe(merged.size);
      if (!all.isExact) expect(merged.toBytes()).toEqual(all.toBytes());
    }
  });

  it('comes back from its bytes, of which there are 769 at most', () => {
    for (const count of [0, 1, 64, 65, 3000]) {
      const bytes = sketchOf(range(count)).toBytes();
      expect(bytes.length).toBeLessThanOrEqual(769);
      expect(ClientSketch.fromBytes(bytes).toBytes()).toEqual(bytes);
    }
  });

  it('refuses bytes that are none', () => {
    const bad = [[], [2], [0, 1], [1, ...range(767)], [1, ...range(769)], [0, ...range(65 * 8)]];
    for (const bytes of bad) expect(() => ClientSketch.fromBytes(Uint8Array.from(bytes))).toThrow(TypeError);
  });
});
