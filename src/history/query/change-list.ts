/** Changes in a span of time, the latest first. */
import * as z from 'zod/mini';
import type { HistoryDatabase } from '../store/database.ts';
import { placeFilters, placePart } from './query-part.ts';
import { shownFields } from './shown-fields.ts';

const time = z.coerce.number().check(z.int(), z.minimum(0), z.maximum(1e11));

export const changesQuery = z.strictObject({
  /** Seconds since 1970. */
  from: z.optional(time),
  to: z.optional(time),
  /** Kinds, separated by commas. */
  kind: z.optional(z.string().check(z.maxLength(200))),
  ...placeFilters,
  limit: z.optional(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(1000))),
});
export type ChangesQuery = z.infer<typeof changesQuery>;

export const changeList = z.strictObject({
  changes: z.array(
    z.strictObject({
      id: z.number(),
      /** Packet time, ms since 1970; 0 for rules that decide from the first packet on, whatever its time. */
      time_ms: z.number(),
      site: z.string(),
      isp: z.string(),
      link: z.string(),
      kind: z.string(),
      /** Numbers of clients from 1 to 4 are all 4; null for one from which a smaller one could be computed. */
      fields: z.record(z.string(), z.unknown()),
    }),
  ),
  /** True if there are more, older ones. */
  more: z.boolean(),
});
export type ChangeList = z.infer<typeof changeList>;

const DEFAULT_LIMIT = 100;
const MICROS_PER_SECOND = 1e6;
const MICROS_PER_MILLISECOND = 1000;

/** `people`: the actions of operators are among them. */
export function readChanges(database: HistoryDatabase, query: ChangesQuery, people = true): ChangeList {
  const { from = 0, to = 1e11, kind, limit = DEFAULT_LIMIT } = query;
  const kinds = kind?.split(',') ?? [];
  const filter = kinds.length === 0 ? '1' : `kind IN (${kinds.map(() => '?').join(', ')})`;
  const where = placePart(query, 'change.place');
  const rows = database
    .prepare(
      `SELECT change.id AS id, time_us, site, isp, link, kind, fields FROM change JOIN place ON place.id = change.place
       WHERE time_us >= ? AND time_us < ? AND ${filter} AND ${where.sql}${people ? '' : " AND kind <> 'action'"}
        ORDER BY time_us DESC, change.id DESC LIMIT ?`,
    )
    .all(from * MICROS_PER_SECOND, to * MICROS_PER_SECOND, ...kinds, ...where.values, limit + 1) as {
    id: number;
    time_us: number;
    site: string;
    isp: string;
    link: string;
    kind: string;
    fields: string;
  }[];
  const changes = rows.slice(0, limit).map(({ time_us: timeUs, fields, ...rest }) => ({
    ...rest,
    time_ms: timeUs / MICROS_PER_MILLISECOND,
    fields: shownFields(JSON.parse(fields) as Record<string, unknown>),
  }));
  return { changes, more: rows.length > limit };
}
