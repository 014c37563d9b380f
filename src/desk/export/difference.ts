/** What changed in the registry between two times. */
import { type DeskDatabase, rows } from '../store/desk-database.ts';
import { dateOf } from '../work/date-text.ts';

export interface Difference {
  readonly change: 'added' | 'removed';
  readonly prefix: string;
  readonly holder: string;
  readonly reference: string;
  readonly validFrom: string;
  readonly validUntil: string;
}

const COLUMNS = 'prefix, holder, reference, valid_from AS validFrom, valid_until AS validUntil';
const THEN = "begin_ms <= ? AND (end_ms IS NULL OR end_ms > ?) AND (valid_until = '' OR valid_until >= ?)";

/**
 * Rows that the registry had at one time only. A row that was altered is removed and added. `most`: how many of each at
 * most; -1 for all.
 */
export function differenceOf(database: DeskDatabase, fromMs: number, untilMs: number, most = -1): Difference[] {
  const at = (timeMs: number): readonly [number, number, string] => [timeMs, timeMs, dateOf(timeMs)];
  const only = (here: number, there: number, change: Difference['change']): Difference[] =>
    rows<Omit<Difference, 'change'>>(
      database,
      `SELECT ${COLUMNS} FROM registry_row WHERE ${THEN} AND NOT (${THEN}) ORDER BY reference, prefix LIMIT ?`,
      ...at(here),
      ...at(there),
      most,
    ).map((one) => ({ change, ...one }));
  return [...only(fromMs, untilMs, 'removed'), ...only(untilMs, fromMs, 'added')];
}
