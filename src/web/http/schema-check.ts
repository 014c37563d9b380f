/** Checks a value against a schema, and says what is wrong with it and where: in words, and as a code with values. */
import en from 'zod/v4/locales/en.js';
import type * as z from 'zod/mini';
import type { CodedProblem } from '../../core/coded-problem.ts';
import { VALUE_PROBLEMS, valueProblem } from '../../core/value-problem.ts';
import { wantedIn } from '../../core/wanted-value.ts';

type Issue = z.core.$ZodIssue;

/** The messages of schemas that bring none of their own. */
const error = en().localeError;

export type Checked<T> = { readonly data: T } | CodedProblem;

export function checked<T>(schema: z.ZodMiniType<T>, value: unknown, whole: string): Checked<T> {
  const result = schema.safeParse(value, { error });
  return result.success ? { data: result.data } : problemOf(result.error.issues[0]!, whole);
}

function problemOf(issue: Issue, whole: string): CodedProblem {
  const where = issue.path.map(String).join('.') || whole;
  const wanted = wantedIn(issue.message);
  if (wanted === null) return plainProblem(issue, where);
  const [code, ...values] = wanted;
  const words: (where: string, ...values: string[]) => string = VALUE_PROBLEMS[code];
  return { problem: words(where, ...values), code, values: [where, ...values] };
}

/** Schemas that say nothing of their own: by the kind of issue. */
function plainProblem(issue: Issue, where: string): CodedProblem {
  switch (issue.code) {
    case 'unrecognized_keys':
      return valueProblem('value-unknown', where, issue.keys.join(', '));
    case 'invalid_value':
      return valueProblem('value-one-of', where, issue.values.map(String).join(', '));
    case 'invalid_type':
      return valueProblem('value-type', where, issue.expected);
    case 'too_big':
      if (issue.origin === 'string') return valueProblem('value-longest', where, String(issue.maximum));
      if (issue.origin === 'array') return valueProblem('value-most-items', where, String(issue.maximum));
      return valueProblem('value-at-most', where, String(issue.maximum));
    case 'too_small':
      if (issue.origin === 'string') return valueProblem('value-shortest', where, String(issue.minimum));
      return valueProblem('value-at-least', where, String(issue.minimum));
    default:
      return valueProblem('value-wrong', where, issue.message);
  }
}
