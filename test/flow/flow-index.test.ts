/** The index against a Map, with hashes that crowd, wrap around, or are all the same. */
import { describe, expect, it } from 'vitest';
import { FlowIndex } from '../../src/dataplane/flow/flow-index.ts';
import { SeededRandom } from '../kit/random.mjs';

/** Rows that know nothing but their hashes. */
class Rows {
  readonly hashes = new Map<number, number>();
  lastSlot = 0;

  isActive(slot: number): boolean {
    return this.hashes.has(slot);
  }

  hashOf(slot: number): number {
    const hash = this.hashes.get(slot);
    if (hash === undefined) throw new Error(`hash of slot ${slot}, which has no flow`);
    return hash;
  }
}

/** All slots that a search for a hash comes by, in order. */
function candidates(index: FlowIndex, hash: number): number[] {
  const found: number[] = [];
  let fitting = hash << index.pieceShift;
  for (let at = hash >>> index.placeShift; index.entries[at] !== 0; at = (at + 1) & index.mask) {
    const slot = index.entries[at]! ^ fitting;
    if (slot >>> index.slotBits === 0) found.push(slot);
    fitting = index.stepped(fitting);
  }
  return found;
}

const TOP = 0xff << 24;

describe('against a Map', () => {
  it.each([
    ['hashes of all bits', 1, 500, 5000, (random: SeededRandom) => random.word()],
    ['crowds of some hundred at a few places', 2, 3000, 1000, (random: SeededRandom) => random.below(8) << 20],
    ['crowds around the end of the table', 3, 700, 1000, (random: SeededRandom) => (random.word() >>> 28) + TOP],
    ['a crowd that wraps around', 4, 400, 300, (random: SeededRandom) => (random.below(3) << 18) - 1],
    ['one hash', 5, 300, 200, () => -1],
    ['more slots than low bits of the hash fit beside', 6, 300, (1 << 24) + 5, (random: SeededRandom) => random.word()],
  ])('%s', (_, seed, most, capacity, hashOf) => {
    const random = new SeededRandom(seed);
    const rows = new Rows();
    const index = new FlowIndex(capacity, rows);
    const free: number[] = [];
    const alive: number[] = [];
    const limit = Math.min(most, capacity);
    for (let step = 0; step < 4000; step++) {
      const fillsUp = Math.floor(step / 1000) % 2 === 0;
      if (alive.length < limit && random.chance(fillsUp ? 0.8 : 0.3)) {
        const slot =
          free.pop() ?? (random.chance(0.01) && capacity > 1 << 24 ? capacity - free.length : ++rows.lastSlot);
        if (rows.hashes.has(slot)) continue;
        index.makeRoom();
        rows.hashes.set(slot, hashOf(random) | 0);
        index.add(rows.hashOf(slot), slot);
        alive.push(slot);
      } else if (alive.length > 0) {
        const [slot] = alive.splice(random.below(alive.length), 1);
        index.remove(rows.hashOf(slot!), slot!);
        rows.hashes.delete(slot!);
        free.push(slot!);
      }
      if (step % 100 === 0) checkAll(index, rows, alive);
    }
    checkAll(index, rows, alive);
    expect(index.entries.filter((entry) => entry !== 0).length).toBe(alive.length);
  });
});

/** Every slot is found by its hash, and candidates that are not it share what the entry tells of the hash. */
function checkAll(index: FlowIndex, rows: Rows, alive: readonly number[]): void {
  for (const slot of alive) {
    const hash = rows.hashOf(slot);
    const found = candidates(index, hash);
    if (!found.includes(slot)) throw new Error(`slot ${slot} is not found`);
    if (index.candidate(hash) !== found[0]) throw new Error('another first candidate');
    for (const other of found) {
      const difference = rows.hashOf(other) ^ hash;
      if (difference << index.pieceShift !== 0) throw new Error(`slot ${other} comes up for a hash of other low bits`);
    }
  }
}

it('gives for a hash next to no slots of others, though its table is half full', () => {
  const random = new SeededRandom(7);
  const rows = new Rows();
  const index = new FlowIndex(1 << 16, rows);
  for (let slot = 1; slot <= 1 << 16; slot++) {
    index.makeRoom();
    rows.hashes.set(slot, random.word());
    rows.lastSlot = slot;
    index.add(rows.hashOf(slot), slot);
  }
  expect(index.entries.length).toBe(1 << 18);
  let strangers = 0;
  for (let n = 0; n < 10_000; n++) strangers += candidates(index, random.word()).length;
  expect(strangers).toBeLessThan(20);
  for (const [slot, hash] of rows.hashes)
    if (!candidates(index, hash).includes(slot)) throw new Error(`lost slot ${slot}`);
});

it('is empty after clear, and small', () => {
  const rows = new Rows();
  const index = new FlowIndex(100_000, rows);
  for (let slot = 1; slot <= 20_000; slot++) {
    index.makeRoom();
    rows.hashes.set(slot, slot << 12);
    rows.lastSlot = slot;
    index.add(slot << 12, slot);
  }
  index.clear();
  expect([index.entries.length, index.entries.some((entry) => entry !== 0)]).toEqual([1 << 14, false]);
  expect(index.candidate(1 << 12)).toBe(0);
});
