/** Eviction against sorting all flows by how long they have been idle. */
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../kit/random.mjs';
import { BUILDS, CompiledFlow } from './compiled-flow.ts';
import { LinearTable } from './linear-table.ts';

interface Row {
  touched: number;
  readonly first: number;
}

/** All slots, that of the flow first that has been idle longest. */
function byIdleness(rows: ReadonlyMap<number, Row>): number[] {
  return [...rows].sort(([, a], [, b]) => a.touched - b.touched || a.first - b.first).map(([slot]) => slot);
}

describe.each(BUILDS)('the %s build against sorting all', (build, share) => {
  it.each([
    ['a clock that moves with every packet', 1, 200, 1],
    ['a clock that mostly stands', 2, 200, 0.02],
    ['a clock that never moves', 3, 64, 0],
    ['one flow', 4, 1, 0.5],
    ['fifteen flows', 5, 15, 0.5],
  ])('%s', async (_, seed, capacity, moving) => {
    const random = new SeededRandom(seed);
    const flow = await CompiledFlow.make(build);
    const table = new LinearTable(flow, capacity);
    flow.exports.makeEviction(capacity);
    const rows = new Map<number, Row>();
    let now = 1;
    let packet = 0;
    for (let step = 0; step < 6000 * share; step++) {
      packet++;
      if (random.chance(moving)) now += random.below(1000);
      const slots = [...rows.keys()];
      if (slots.length > 0 && random.chance(0.6)) {
        const slot = slots[random.below(slots.length)]!;
        table.touch(slot, now);
        rows.get(slot)!.touched = now;
      } else if (slots.length > 1 && random.chance(0.1)) {
        const slot = slots[random.below(slots.length)]!;
        table.remove(slot);
        rows.delete(slot);
      } else {
        if (rows.size === capacity) {
          // More than go are asked for at times: what stays must be found again.
          const wanted = 1 + random.below(Math.min(capacity + 1, 20));
          const count = flow.exports.findIdle(wanted);
          const found = Array.from({ length: count }, (_, i) => flow.exports.idleSlot(i));
          expect(found).toEqual(byIdleness(rows).slice(0, wanted));
          for (const slot of found.slice(0, 1 + random.below(found.length))) {
            table.remove(slot);
            rows.delete(slot);
          }
        }
        rows.set(table.add(packet, now), { touched: now, first: packet });
      }
    }
  });
});
