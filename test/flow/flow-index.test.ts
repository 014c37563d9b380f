/** The index of flows against a Map, with keys whose hashes crowd at a few places or wrap around the end of the table. */
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../kit/random.mjs';
import { BUILDS, CompiledFlow } from './compiled-flow.ts';
import { LinearTable, NO_FLOW } from './linear-table.ts';
import { ipv4End, setTuple, type Tuple, View } from './views.ts';

const SEED = 77;
/** The smallest index, within which these flows stay: the highest bits of a hash name its own place. */
const PLACES = 1 << 14;

const COUNT = 400;

/** Tuples whose own places are among some, found by trying. */
async function crowd(isWanted: (place: number) => boolean): Promise<Tuple[]> {
  const flow = await CompiledFlow.make('release');
  flow.exports.makeTable(1, SEED);
  const view = new View();
  const found: Tuple[] = [];
  for (let n = 0; found.length < COUNT; n++) {
    const tuple = { source: ipv4End(n, 1), destination: ipv4End(7, 2), transport: 17, domain: 0 };
    view.prefetchedSlot = 0;
    flow.put(setTuple(view, tuple));
    flow.exports.find(0);
    flow.get(view);
    if (isWanted(view.flowHash >>> 18)) found.push(tuple);
  }
  return found;
}

const CROWDS: readonly (readonly [string, Tuple[]])[] = [
  ['crowds of a hundred at a few places', await crowd((place) => place % 4096 === 5)],
  ['a crowd around the end of the table', await crowd((place) => place >= PLACES - 10 || place < 6)],
  ['keys of all places', await crowd(() => true)],
];

describe.each(BUILDS)('the %s build', (build, share) => {
  it.each(CROWDS)('finds each flow of %s, while they come and go', async (_, tuples) => {
    const random = new SeededRandom(3);
    const flow = await CompiledFlow.make(build);
    const table = new LinearTable(flow, 500, SEED);
    const view = new View();
    const slots = new Map<Tuple, number>();
    const steps = 40_000 * share;
    for (let step = 0; step < steps; step++) {
      const fillsUp = Math.floor((4 * step) / steps) % 2 === 0;
      const tuple = random.pick(tuples);
      const found = table.find(setTuple(view, tuple));
      if (found !== (slots.get(tuple) ?? NO_FLOW)) throw new Error(`step ${step}: found ${found}`);
      if (found === NO_FLOW && random.chance(fillsUp ? 0.8 : 0.3)) {
        slots.set(tuple, table.insert());
      } else if (found !== NO_FLOW && random.chance(fillsUp ? 0.3 : 0.8)) {
        table.remove(found);
        slots.delete(tuple);
      }
      if (step % 200 === 0) table.checkInvariants();
    }
    for (const tuple of tuples) expect(table.find(setTuple(view, tuple))).toBe(slots.get(tuple) ?? NO_FLOW);
    for (const slot of slots.values()) table.remove(slot);
    table.checkInvariants();
    expect(table.activeCount).toBe(0);
  });

  it.each(CROWDS)('looks ahead for flows of %s, and finds those that ended since no more', async (_, tuples) => {
    const random = new SeededRandom(4);
    const flow = await CompiledFlow.make(build);
    const table = new LinearTable(flow, 500, SEED);
    const views = Array.from({ length: 64 }, () => new View());
    const slots = new Map<Tuple, number>();
    let ahead = 0;
    for (let group = 0; group < 600 * share; group++) {
      const shown = Array.from({ length: random.between(1, 64) }, () => random.pick(tuples));
      shown.forEach((tuple, i) => {
        const view = setTuple(views[i]!, tuple, random.chance(0.5));
        Object.assign(view, { prefetchedSlot: 0, payloadCaptured: random.below(2) });
        flow.put(view, i);
        flow.exports.find(i);
      });
      flow.exports.prefetch(shown.length);
      shown.forEach((tuple, i) => {
        flow.get(views[i]!, i);
        if (views[i]!.prefetchedSlot !== 0) ahead++;
        const found = flow.exports.findHashed(i);
        if (found !== (slots.get(tuple) ?? NO_FLOW)) throw new Error(`group ${group}, packet ${i}: found ${found}`);
        if (found === NO_FLOW) {
          slots.set(tuple, flow.exports.insert(i));
        } else if (random.chance(0.3)) {
          table.remove(found);
          slots.delete(tuple);
        }
      });
    }
    table.checkInvariants();
    expect(ahead).toBeGreaterThan(100 * share);
    if (build === 'release') expect(flow.exports.brokenGuard()).toBe(-1);
  });
});
