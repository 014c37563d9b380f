/** From when to when a history has figures. */
import { type Level, LEVEL_NAMES, LEVEL_SECONDS } from '../roll-up.ts';
import type { HistoryDatabase } from '../store/database.ts';

export interface KeptSpan {
  /** Seconds since 1970: of the first and after the last interval, as fine as they are kept. */
  readonly fromS: number;
  readonly toS: number;
  /** Beginnings of the days with figures, ascending. */
  readonly daysS: readonly number[];
}

/** Null for an empty history. */
export function keptSpan(database: HistoryDatabase): KeptSpan | null {
  const days = boundsOf(database, 'day', 0, Infinity);
  if (days === null) return null;
  let { first, last } = days;
  let lastLevel: Level = 'day';
  for (const level of ['hour', 'minute'] as const) {
    // The end of a day at a change of the clocks is an hour later.
    const longest = (lastLevel === 'day' ? LEVEL_SECONDS.day + LEVEL_SECONDS.hour : LEVEL_SECONDS.hour) - 1;
    first = boundsOf(database, level, first, first + longest)?.first ?? first;
    const finer = boundsOf(database, level, last, last + longest);
    if (finer === null) break;
    last = finer.last;
    lastLevel = level;
  }
  const rows = database
    .prepare('SELECT DISTINCT time FROM coverage WHERE level = ? ORDER BY time')
    .all(LEVEL_NAMES.indexOf('day')) as { time: number }[];
  return { fromS: first, toS: last + LEVEL_SECONDS[lastLevel], daysS: rows.map(({ time }) => time) };
}

function boundsOf(
  database: HistoryDatabase,
  level: Level,
  fromS: number,
  toS: number,
): { readonly first: number; readonly last: number } | null {
  const { first, last } = database
    .prepare('SELECT min(time) AS first, max(time) AS last FROM coverage WHERE level = ? AND time >= ? AND time <= ?')
    .get(LEVEL_NAMES.indexOf(level), fromS, Math.min(toS, Number.MAX_SAFE_INTEGER)) as {
    first: number | null;
    last: number | null;
  };
  return first === null || last === null ? null : { first, last };
}
