/**
 * A proportion of flows, with a 95 % interval over the sessions that the flows are from.
 *
 * - With MIN_SESSIONS sessions or more the interval is the bootstrap's (`bootstrap.ts`).
 * - Where all these sessions have the same proportion, resampling says nothing, and none of 400 sessions would get the
 *   interval 0 to 0. Each session is one trial of a Wilson interval then.
 * - With fewer sessions there is no interval: a bootstrap of a few sessions is too short.
 */
import { bootstrapInterval } from './bootstrap.ts';
import type { SessionSums } from './session-sums.ts';
import { wilsonInterval } from './wilson.ts';

/** With fewer sessions there is no interval. */
export const MIN_SESSIONS = 10;

export interface Proportion {
  readonly count: number;
  readonly total: number;
  /** count / total; null where total is 0. */
  readonly value: number | null;
  /** Bounds of the 95 % interval; null where there are fewer than MIN_SESSIONS sessions. */
  readonly lower: number | null;
  readonly upper: number | null;
  /** Sessions with a part in the total. */
  readonly sessions: number;
  readonly method: 'bootstrap' | 'wilson' | null;
}

/** Columns of the sums that a proportion is computed from. */
export const COUNT = 0;
export const TOTAL = 1;

/** The proportion of sums with the columns COUNT and TOTAL. */
export function proportion(sums: SessionSums): Proportion {
  const rows = sums.rows().filter((row) => row[TOTAL]! > 0);
  const count = rows.reduce((sum, row) => sum + row[COUNT]!, 0);
  const total = rows.reduce((sum, row) => sum + row[TOTAL]!, 0);
  const sessions = rows.length;
  if (total === 0) return { count, total, value: null, lower: null, upper: null, sessions, method: null };
  const value = count / total;
  if (sessions < MIN_SESSIONS) return { count, total, value, lower: null, upper: null, sessions, method: null };
  const interval = bootstrapInterval(rows, (both) => both[COUNT]! / both[TOTAL]!);
  if (interval === null) return { count, total, value, ...wilsonInterval(value, sessions), sessions, method: 'wilson' };
  return { count, total, value, ...interval, sessions, method: 'bootstrap' };
}
