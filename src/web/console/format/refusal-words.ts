/** Why something was refused, in the language of the page. */
import { text } from '../text/catalogue.ts';

/** A refusal of the API: its reason in English, and the code and values of its words where it has some. */
export interface Refused {
  readonly problem?: string;
  readonly code?: string | null;
  readonly values?: readonly string[];
}

/** A daemon of another version may have codes that the page does not: their English then. */
export function reasonIn({ problem, code, values = [] }: Refused): string | undefined {
  const { refusals, refusalsOf } = text.component;
  return refusals[code ?? ''] ?? refusalsOf[code ?? '']?.(...values) ?? problem;
}
