/** Why something was refused, or does not work, in the language of the page. */
import { text } from '../text/catalogue.ts';

/** A refusal of the API: its reason in English, and the code and values of its words where it has some. */
export interface Refused {
  readonly problem?: string | null;
  readonly code?: string | null;
  readonly values?: readonly string[];
}

/**
 * A daemon of another version may have codes that the page does not: their English then. A sensor of a fleet may send
 * anything as code and values, and does no more than to be quoted.
 */
export function reasonIn({ problem, code, values = [] }: Refused): string | null | undefined {
  const { refusals, refusalsOf } = text.component;
  if (typeof code !== 'string') return problem;
  if (Object.hasOwn(refusals, code)) return refusals[code];
  const isUsable = Object.hasOwn(refusalsOf, code) && Array.isArray(values);
  return isUsable ? refusalsOf[code]!(...values.map(String)) : problem;
}

/** What does not work; null where all does. */
export function problemIn(state: Refused & { readonly problem: string | null }): string | null {
  return state.problem === null ? null : reasonIn(state)!;
}
