/** Eviction against a linear search for the flow that has been idle longest. */
import { describe, expect, it } from 'vitest';
import { Eviction } from '../../src/flow/eviction.ts';
import { FlowTable } from '../../src/flow/flow-table.ts';
import { SeededRandom } from './seeded-random.ts';
import { addFlow, touch } from './views.ts';

interface Row {
  touched: number;
  readonly first: number;
}

function longestIdle(rows: ReadonlyMap<number, Row>): number {
  return [...rows].reduce((best, row) => {
    const difference = row[1].touched - best[1].touched || row[1].first - best[1].first;
    return difference < 0 ? row : best;
  })[0];
}

describe('against a linear search', () => {
  it.each([
    ['a clock that moves with every packet', 1, 200, 1],
    ['a clock that mostly stands', 2, 200, 0.02],
    ['a clock that never moves', 3, 64, 0],
    ['one flow', 4, 1, 0.5],
    ['fifteen flows', 5, 15, 0.5],
  ])('%s', (_, seed, capacity, moving) => {
    const random = new SeededRandom(seed);
    const table = new FlowTable(capacity);
    const eviction = new Eviction(table);
    const rows = new Map<number, Row>();
    let now = 1;
    let packet = 0;
    for (let step = 0; step < 6000; step++) {
      packet++;
      if (random.chance(moving)) now += random.below(1000);
      const slots = [...rows.keys()];
      if (slots.length > 0 && random.chance(0.6)) {
        const slot = slots[random.below(slots.length)]!;
        touch(table, slot, now);
        rows.get(slot)!.touched = now;
      } else if (slots.length > 1 && random.chance(0.1)) {
        const slot = slots[random.below(slots.length)]!;
        table.remove(slot);
        rows.delete(slot);
      } else {
        if (table.full) {
          const slot = eviction.longestIdle();
          expect(slot).toBe(longestIdle(rows));
          table.remove(slot);
          rows.delete(slot);
        }
        rows.set(addFlow(table, packet, now), { touched: now, first: packet });
      }
    }
  });
});
