/** Lists of slots against a sort by comparison. */
import { describe, expect, it } from 'vitest';
import { SlotList } from '../../src/dataplane/flow/slot-list.ts';
import { SeededRandom } from '../kit/random.mjs';

function listOf(firstPackets: readonly number[]): SlotList {
  const list = new SlotList();
  list.begin(firstPackets.length);
  firstPackets.forEach((first, i) => {
    list.add(i + 1, first);
  });
  return list;
}

function sorted(list: SlotList): [number, number][] {
  list.sort();
  return Array.from({ length: list.count }, (_, i) => [list.firstPackets[i]!, list.slots[i]!]);
}

describe('against a sort by comparison', () => {
  it.each([
    ['a few', 1, 5, 100],
    ['numbers that one byte tells apart', 2, 2000, 256],
    ['two bytes', 3, 2000, 257],
    ['numbers around 2^32', 4, 5000, 2 ** 33],
    ['the largest numbers', 5, 5000, Number.MAX_SAFE_INTEGER],
  ])('%s', (_, seed, count, spread) => {
    const random = new SeededRandom(seed);
    const whole = (): number => (random.word() >>> 0) * 2 ** 21 + (random.word() >>> 11);
    for (let round = 0; round < 20; round++) {
      const lowest = round % 2 === 0 ? 1 : 1 + (whole() % (Number.MAX_SAFE_INTEGER - spread + 1));
      const firsts = Array.from({ length: count }, () => lowest + (whole() % spread));
      const expected = firsts.map((first, i): [number, number] => [first, i + 1]).sort(([a], [b]) => a - b);
      expect(sorted(listOf(firsts))).toEqual(expected);
    }
  });
});

it.each([
  ['nothing', []],
  ['one', [7]],
  ['what is in order', [1, 2, 5, 9]],
  ['what is the wrong way round', [9, 5, 2, 1]],
  ['only the last one out of place', [2, 3, 4, 1]],
])('%s', (_, firsts) => {
  expect(sorted(listOf(firsts)).map(([first]) => first)).toEqual(firsts.toSorted((a, b) => a - b));
});

it('is used again, longer and shorter', () => {
  const list = new SlotList();
  for (const count of [3, 40, 5, 80]) {
    list.begin(count);
    for (let i = 0; i < count; i++) list.add(i, 1000 - i);
    expect(sorted(list)).toEqual(Array.from({ length: count }, (_, i) => [1001 - count + i, count - 1 - i]));
  }
});
