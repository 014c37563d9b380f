/** Which rows of an import are registered. */
import { createHash } from 'node:crypto';
import type { ReadRow } from './understood.ts';

/** The rows that are registered: those understood, and those whose questions were answered with yes. */
export function rowsToTake(rows: readonly ReadRow[], taken: ReadonlySet<number>): ReadRow[] {
  return rows.filter(
    ({ state, number, understood }) =>
      understood !== null && (state === 'understood' || (state === 'question' && taken.has(number))),
  );
}

/** A hash of what would be registered, so that nothing else is registered than what was shown. */
export function hashOfRows(rows: readonly ReadRow[]): string {
  const text = JSON.stringify(rows.map(({ number, understood }) => [number, understood]));
  return createHash('sha256').update(text).digest('hex');
}
