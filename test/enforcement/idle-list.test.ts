import { describe, expect, it } from 'vitest';
import { IdleList } from '../../src/decision/idle-list.ts';
import { SeededRandom } from '../kit/random.mjs';

/** Takes everything out, the longest idle first. */
function drained(list: IdleList): number[] {
  const numbers: number[] = [];
  for (let left = list.size; left > 0; left--) {
    numbers.push(list.first);
    list.delete(list.first);
  }
  return numbers;
}

describe('the list of idle buckets', () => {
  it('gives numbers in the order in which they came, and has no first one when it is empty', () => {
    const list = new IdleList();
    expect([list.first, list.size]).toEqual([-1, 0]);
    for (const number of [0, 5, 3]) list.add(number);
    expect([list.first, list.size]).toEqual([0, 3]);
    expect(drained(list)).toEqual([0, 5, 3]);
    expect([list.first, list.size]).toEqual([-1, 0]);
  });

  it.each([1, 6, 63, 64, 1000])(
    'leaves all others alone when a number is taken out that is not in it: %i',
    (number) => {
      const list = new IdleList();
      for (const one of [0, 5, 62]) list.add(one);
      list.delete(number);
      list.delete(number);
      expect(list.size).toBe(3);
      expect(drained(list)).toEqual([0, 5, 62]);
    },
  );

  it('is what an array is, at any number', () => {
    const random = new SeededRandom(5);
    const list = new IdleList();
    const plain: number[] = [];
    for (let step = 0; step < 2000; step++) {
      const number = random.below(300);
      const at = plain.indexOf(number);
      list.delete(number);
      if (at >= 0) plain.splice(at, 1);
      if (random.below(2) === 0) {
        list.add(number);
        plain.push(number);
      }
      if (list.first !== (plain[0] ?? -1) || list.size !== plain.length) expect.unreachable(`step ${step}`);
    }
    list.checkInvariants();
    expect(drained(list)).toEqual(plain);
  });
});
