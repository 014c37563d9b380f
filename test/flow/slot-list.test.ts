/** Lists of slots against a sort by comparison. */
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../kit/random.mjs';
import { CompiledFlow } from './compiled-flow.ts';

const { exports } = await CompiledFlow.make('debug');
exports.makeList(5000);

/** Numbers and slots, sorted; each slot is the place in the list, from 1. */
function sorted(numbers: readonly number[]): [number, number][] {
  exports.clearList();
  numbers.forEach((number, i) => exports.addToList(i + 1, number));
  exports.sortList();
  return numbers.map((_, i) => [exports.listNumber(i), exports.listSlot(i)]);
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
    for (let round = 0; round < 8; round++) {
      const lowest = round % 2 === 0 ? 1 : 1 + (whole() % (Number.MAX_SAFE_INTEGER - spread + 1));
      const firsts = Array.from({ length: count }, () => lowest + (whole() % spread));
      const expected = firsts.map((first, i): [number, number] => [first, i + 1]).sort(([a], [b]) => a - b);
      expect(sorted(firsts)).toEqual(expected);
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
  expect(sorted(firsts).map(([first]) => first)).toEqual(firsts.toSorted((a, b) => a - b));
});

it('is used again, longer and shorter, and keeps the order of equal numbers', () => {
  for (const count of [3, 40, 5, 80]) {
    const numbers = Array.from({ length: count }, (_, i) => (i < count / 2 ? 1000 - i : 7));
    const expected = numbers.map((number, i): [number, number] => [number, i + 1]).sort(([a], [b]) => a - b);
    expect(sorted(numbers)).toEqual(expected);
  }
});
