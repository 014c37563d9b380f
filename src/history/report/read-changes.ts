/** Changes of a period for a report: reloads, trips, actions and starts, in the order of time. */
import type { HistoryDatabase } from '../store/database.ts';
import { RULES_CHANGE } from '../policy-text.ts';

export interface ChangeFigures {
  /** Seconds since 1970. */
  readonly timeS: number;
  readonly site: string;
  readonly isp: string;
  readonly link: string;
  readonly kind: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const MICROS_PER_SECOND = 1e6;
/** Changes of a report at most. */
export const CHANGE_LIMIT = 500;

export function readReportChanges(
  database: HistoryDatabase,
  fromS: number,
  toS: number,
): { readonly changes: readonly ChangeFigures[]; readonly more: boolean } {
  const rows = database
    .prepare(
      `SELECT time_us, site, isp, link, kind, fields FROM change JOIN place ON place.id = change.place
       WHERE kind <> ? AND time_us >= ? AND time_us < ? ORDER BY time_us, change.id LIMIT ${CHANGE_LIMIT + 1}`,
    )
    .all(RULES_CHANGE, fromS * MICROS_PER_SECOND, toS * MICROS_PER_SECOND) as (Omit<
    ChangeFigures,
    'timeS' | 'fields'
  > & { time_us: number; fields: string })[];
  const changes = rows.slice(0, CHANGE_LIMIT).map(({ time_us: timeUs, fields, ...rest }) => ({
    ...rest,
    timeS: timeUs / MICROS_PER_SECOND,
    fields: JSON.parse(fields) as Record<string, unknown>,
  }));
  return { changes, more: rows.length > CHANGE_LIMIT };
}
