/**
 * A problem in English, for logs and other programs, with its code and the values of its words, by which the
 * console's page has it in its own language.
 */

export interface CodedProblem {
  readonly problem: string;
  readonly code: string;
  readonly values: readonly string[];
}

/** Words of problems by their codes; each takes the values of its problem. */
export type ProblemWords = Readonly<Record<string, (...values: string[]) => string>>;

/** Makes problems of one table of words. */
export function problemsOf<T extends ProblemWords>(
  words: T,
): <C extends keyof T & string>(code: C, ...values: Parameters<T[C]>) => CodedProblem {
  return (code, ...values) => ({ problem: words[code]!(...values), code, values });
}
