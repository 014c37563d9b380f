/**
 * How a schema says what it wants of a value: the code of the words, and their values after the value's name. A schema
 * library has room for one text, so both are packed into one.
 */
import type { VALUE_PROBLEMS } from './value-problem.ts';

type Code = keyof typeof VALUE_PROBLEMS;
type Rest<T> = T extends (where: string, ...rest: infer R) => string ? R : never;

/** The error of a schema. */
export function wanted<C extends Code>(code: C, ...values: Rest<(typeof VALUE_PROBLEMS)[C]>): string {
  return JSON.stringify([code, ...values]);
}

/** The value that `wanted` has packed; null for another text. */
export function wantedIn(text: string): readonly [Code, ...string[]] | null {
  if (!text.startsWith('["value-')) return null;
  return JSON.parse(text) as [Code, ...string[]];
}
