/** Flows in the order of their first packets, against a sort by comparison. */
import { expect, it } from 'vitest';
import { slotsByFirstPacket } from '../../src/flow/flow-order.ts';
import { FlowTable } from '../../src/flow/flow-table.ts';
import { SeededRandom } from './seeded-random.ts';
import { addFlow } from './views.ts';

it.each([
  ['slots in order', 1, 0, 1],
  ['slots used again', 2, 0.4, 1],
  ['numbers beyond 32 bits', 3, 0.4, 5_000_000_000],
  ['numbers further apart than 32 bits', 4, 0.4, 2 ** 40],
])('%s', (_, seed, endedShare, step) => {
  const random = new SeededRandom(seed);
  const table = new FlowTable(2000);
  const alive: number[] = [];
  let first = step;
  for (let n = 1; n <= 3000; n++) {
    if (alive.length === 2000 || random.chance(endedShare * 0.9)) {
      const [slot] = alive.splice(random.below(alive.length), 1);
      if (slot !== undefined) table.remove(slot);
    }
    first += step > 2 ** 33 ? step / 3000 : 1 + random.below(3);
    if (alive.length < 2000) alive.push(addFlow(table, n, 0, first));
  }
  const expected = alive.toSorted((a, b) => table.firstPacket(a) - table.firstPacket(b));
  expect([...slotsByFirstPacket(table)]).toEqual(expected);
  expect(expected.length).toBeGreaterThan(1000);

  table.clear();
  expect([table.activeCount, table.lastSlot, slotsByFirstPacket(table).length]).toEqual([0, 0, 0]);
  expect(addFlow(table, 1, 0)).toBe(1);
});
