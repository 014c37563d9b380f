/** What a place's history ends with, so that a start can say how long nothing was watched. */
import type { Place } from '../roll-up.ts';
import type { HistoryDatabase } from '../store/database.ts';

export interface LastRecorded {
  /** End of the last minute with a row, seconds since 1970; null without one. */
  readonly untilS: number | null;
  /** The last start or stop; null without one. A start means that the daemon was killed. */
  readonly kind: string | null;
}

const SECONDS_PER_MINUTE = 60;

export function readLastRecorded(database: HistoryDatabase, { site, isp, link }: Place): LastRecorded {
  const where = 'place = (SELECT id FROM place WHERE site = ? AND isp = ? AND link = ?)';
  const minute = database
    .prepare(`SELECT max(time) AS time FROM coverage WHERE level = 0 AND ${where}`)
    .get(site, isp, link) as { time: number | null };
  const change = database
    .prepare(`SELECT kind FROM change WHERE ${where} AND kind IN ('start', 'stop') ORDER BY id DESC LIMIT 1`)
    .get(site, isp, link) as { kind: string } | undefined;
  return { untilS: minute.time === null ? null : minute.time + SECONDS_PER_MINUTE, kind: change?.kind ?? null };
}
