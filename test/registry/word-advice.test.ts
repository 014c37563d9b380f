import { expect, it } from 'vitest';
import { nearestWord } from '../../src/registry/file/word-advice.ts';

const NAMES = ['it', 'bank', 'call-centre', 'freelancer', 'university'];

it.each([
  ['Bank', 'bank'],
  ['banks', 'bank'],
  [' bank\u00a0', 'bank'],
  ['Call Center', 'call-centre'],
  ['callcentre', 'call-centre'],
  ['univeristy', 'university'],
  ['IT', 'it'],
  ['embassy', 'mission'],
  ['at', null],
  ['zebra', null],
  ['', null],
  ['constructor', null],
  ['x'.repeat(10_000), null],
])('the word nearest to %j is %j', (text, expected) => {
  expect(nearestWord(text, NAMES, { embassy: 'mission' })).toBe(expected);
});
