/** Decisions of the last day by rule, action and registered ends. */
import { LEVEL_NAMES } from '../roll-up.ts';
import type { HistoryDatabase } from '../store/database.ts';

export interface RuleDayQuery {
  /** The end of the day, seconds since 1970. */
  readonly to: number;
}

export interface RuleDayCounts {
  /** Seconds since 1970: the beginning of the first hour, and the time of the question. */
  readonly from: number;
  readonly to: number;
  /** Seconds of it that were watched, at the place that was watched most. */
  readonly watched: number;
  readonly counts: readonly {
    readonly rule: string;
    readonly action: string;
    readonly registered: string;
    readonly decisions: number;
  }[];
}

const DAY_S = 86_400;
const HOUR_S = 3600;

/** Reads whole hours, so the first one may begin up to an hour more than a day before. */
export function readRuleDay(database: HistoryDatabase, { to }: RuleDayQuery): RuleDayCounts {
  const from = Math.floor((to - DAY_S) / HOUR_S) * HOUR_S;
  const span = [LEVEL_NAMES.indexOf('hour'), from, to];
  const { watched } = database
    .prepare(
      `SELECT coalesce(max(seconds), 0) AS watched FROM
         (SELECT sum(seconds) AS seconds FROM coverage WHERE level = ? AND time >= ? AND time <= ? GROUP BY place)`,
    )
    .get(...span) as { watched: number };
  const counts = database
    .prepare(
      `SELECT rule, action, registered, sum(decisions) AS decisions
         FROM roll_up JOIN series ON series.id = roll_up.series
       WHERE level = ? AND time >= ? AND time <= ? GROUP BY rule, action, registered HAVING sum(decisions) > 0
       ORDER BY rule, action, registered`,
    )
    .all(...span) as RuleDayCounts['counts'];
  return { from, to, watched, counts };
}
