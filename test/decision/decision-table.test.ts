/** Rows of decisions: given out, given back and used again, however many there are. */
import { expect, it } from 'vitest';
import { DECISION_WORDS, DecisionTable, DecisionWord, NO_BUCKET } from '../../src/decision/decision-table.ts';
import { NO_RULE } from '../../src/policy/decide.ts';
import { NO_REGISTRATION } from '../../src/registry/registration.ts';

const FIRST_CAPACITY = 1024;
const COUNT = 3 * FIRST_CAPACITY;

it('rows keep their words when the table grows, and begin empty when they are used again', () => {
  const table = new DecisionTable(10);
  const numbers = Array.from({ length: COUNT }, () => table.begin());
  expect(numbers).toEqual(Array.from({ length: COUNT }, (_, at) => at + 1));
  for (const number of numbers) {
    for (let word = 0; word < DECISION_WORDS; word++) table.words[number * DECISION_WORDS + word] = number + word;
    table.hitKinds[number] = number & 3;
    table.hitOutcomes[number] = (number >> 2) & 3;
    table.shownUntil[number] = number / 2;
  }
  const more = Array.from({ length: COUNT }, () => table.begin());
  expect(table.count).toBe(2 * COUNT);
  for (const number of numbers) {
    for (let word = 0; word < DECISION_WORDS; word++)
      expect(table.words[number * DECISION_WORDS + word]).toBe(number + word);
    expect([table.hitKinds[number], table.hitOutcomes[number]]).toEqual([number & 3, (number >> 2) & 3]);
    expect(table.shownUntil[number]).toBe(number / 2);
  }
  table.end(7);
  table.end(9);
  expect(table.count).toBe(2 * COUNT - 2);
  expect([table.begin(), table.begin(), table.begin()]).toEqual([9, 7, more.at(-1)! + 1]);
  const row = 7 * DECISION_WORDS;
  expect([...table.words.subarray(row, row + DecisionWord.NEXT_TIME)]).toEqual([
    0,
    0,
    0,
    0,
    NO_RULE,
    NO_REGISTRATION,
    NO_REGISTRATION,
    NO_BUCKET,
    0,
    0,
  ]);
  expect([table.hitKinds[7], table.hitOutcomes[7]]).toEqual([0, 0]);
});

it('the soonest time is the least of all rows', () => {
  const table = new DecisionTable(10);
  for (const time of [50, 20, 90, 30]) {
    const number = table.begin();
    table.numbers[(number * DECISION_WORDS + DecisionWord.NEXT_TIME) >> 1] = time;
  }
  expect(table.soonest()).toBe(20);
  table.numbers[(2 * DECISION_WORDS + DecisionWord.NEXT_TIME) >> 1] = 95;
  expect(table.soonest()).toBe(30);
});

it('every row forgets its bucket', () => {
  const table = new DecisionTable(10);
  const numbers = [table.begin(), table.begin(), table.begin()];
  const bucketOf = (number: number): number => table.words[number * DECISION_WORDS + DecisionWord.BUCKET]!;
  for (const number of numbers) table.words[number * DECISION_WORDS + DecisionWord.BUCKET] = number;
  table.forgetBuckets();
  expect(numbers.map(bucketOf)).toEqual([NO_BUCKET, NO_BUCKET, NO_BUCKET]);
});
