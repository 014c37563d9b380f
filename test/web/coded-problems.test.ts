/** Problems of the source, the history, reports, values and a hub: each has a code and values, from which the page makes its own words. */
import { expect, it } from 'vitest';
import { SOURCE_PROBLEMS, sourceProblem } from '../../src/capture/source-problem.ts';
import { VALUE_PROBLEMS } from '../../src/core/value-problem.ts';
import { HISTORY_PROBLEMS, historyProblem } from '../../src/history/history-problem.ts';
import { REPORT_PROBLEMS } from '../../src/history/report/report-problem.ts';
import { BrokenFile, problemOf, UnusableFile } from '../../src/history/store/database-fault.ts';
import { RULES_PROBLEMS } from '../../src/rules/rules-problem.ts';
import { HUB_PROBLEMS } from '../../src/web/api/hub-problem.ts';
import { REFUSALS, REFUSALS_OF } from '../../src/web/api/refusals.ts';
import { problemIn } from '../../src/web/console/format/refusal-words.ts';

const VALUES = ['11', '12', '13'];
/** Codes whose first value is one of a list, or that have any number of values. */
const VALUES_OF: Readonly<Partial<Record<string, readonly string[]>>> = {
  'limit-exceeded': ['registered', '12', '13'],
  'network-not-named': VALUES,
};
const VALUED = [
  REFUSALS_OF,
  SOURCE_PROBLEMS,
  HISTORY_PROBLEMS,
  REPORT_PROBLEMS,
  VALUE_PROBLEMS,
  HUB_PROBLEMS,
  RULES_PROBLEMS,
];

it('no code has two meanings', () => {
  const codes = [REFUSALS, ...VALUED].flatMap((table) => Object.keys(table));
  expect(new Set(codes).size).toBe(codes.length);
});

it.each(VALUED.flatMap((table) => Object.entries(table)))(
  'the page has words for %s, made from the values alone',
  (code, words: (...values: string[]) => string) => {
    const values = VALUES_OF[code] ?? VALUES.slice(0, words.length);
    const shown = problemIn({ problem: 'the English of the daemon', code, values });
    expect(shown).toBe(words(...values));
    expect(shown).not.toContain('undefined');
    for (const at of values.keys()) expect(words(...values.with(at, '97')), `value ${at}`).not.toBe(shown);
  },
);

it.each(Object.entries(REFUSALS))('the page has words for %s, which has no values', (code, words) => {
  expect(problemIn({ problem: 'the English of the daemon', code, values: [] })).toBe(words);
});

it('a code of another version has the English of its daemon', () => {
  expect(problemIn({ problem: 'a later problem', code: 'later', values: ['1'] })).toBe('a later problem');
  expect(problemIn({ problem: null, code: null, values: [] })).toBeNull();
});

it.each([
  { code: 'constructor', values: [] },
  { code: '__proto__', values: [] },
  { code: 'toString', values: ['1'] },
  { code: 'pipe-silent', values: 5 },
  { code: 7, values: ['1'] },
])('a code or values that no daemon sends, as %j, leave the English', (sent) => {
  expect(problemIn({ problem: 'what a sensor says', ...sent } as never)).toBe('what a sensor says');
});

it('a problem has its English, its code and its values', () => {
  expect(sourceProblem('pipe-silent', '30')).toEqual({
    problem: 'no packets for 30 s from standard input',
    code: 'pipe-silent',
    values: ['30'],
  });
});

it('faults of a database are told by code where an operator may meet them, and quoted otherwise', () => {
  const codeOf = (error: Error): string => problemOf(error, '/var/lib/history.db').code;
  expect(codeOf(new Error('database or disk is full'))).toBe('disk-full');
  expect(codeOf(new Error('database is locked'))).toBe('history-locked');
  expect(codeOf(new Error('ConnectionFailed: no'))).toBe('history-unopenable');
  expect(codeOf(new BrokenFile(historyProblem('history-empty')))).toBe('history-empty');
  expect(codeOf(new UnusableFile(historyProblem('history-text', 'x')))).toBe('history-text');
  expect(problemOf(new Error('disk I/O error'), 'x')).toEqual({
    problem: 'disk I/O error',
    code: 'history-fault',
    values: ['disk I/O error'],
  });
});
