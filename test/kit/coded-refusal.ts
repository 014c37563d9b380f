/** What every refusal of the API is: its English, and the code and values from which the page makes the same words. */
import { expect } from 'vitest';
import { reasonIn } from '../../src/web/console/format/refusal-words.ts';

export function expectCoded(body: string, what = body): void {
  const { problem, code, values, ...others } = JSON.parse(body) as Record<string, string> & { values?: string[] };
  expect(others, what).toEqual({});
  expect(problem, what).toMatch(/./);
  const worded = { problem: 'no words of the page', code: code!, ...(values !== undefined && { values }) };
  expect(reasonIn(worded), what).toBe(problem);
}
