/**
 * The figures of an overview: how much of a span was watched, what was lost, whom it concerned, and what harm was
 * found.
 */
import * as z from 'zod/mini';
import { coarseClients } from '../../core/small-group.ts';
import { ClientSketch, SKETCH_ERROR } from '../client-sketch.ts';
import { LEVEL_NAMES, LEVEL_SECONDS, type Level } from '../roll-up.ts';
import type { HistoryDatabase } from '../store/database.ts';
import type { OpenHistory } from '../store/history-store.ts';
import { spanOf } from './chart-span.ts';
import { placeFilters, placePart } from './query-part.ts';

/** Seconds since 1970. */
const time = z.coerce.number().check(z.int(), z.minimum(0), z.maximum(1e11));

export const overviewQuery = z.strictObject({ from: z.optional(time), to: z.optional(time), ...placeFilters });
export type OverviewQuery = z.infer<typeof overviewQuery>;

export const overviewFigures = z.strictObject({
  /** Beginning of the first and end of the last interval that the figures are of, seconds since 1970. */
  from: z.number(),
  to: z.number(),
  /** Seconds of it that were watched, at the place that was watched most; 0 if nothing is known. */
  watched: z.number(),
  packets: z.number(),
  bytes: z.number(),
  lost_packets: z.number(),
  undecoded_packets: z.number(),
  lost_lines: z.number(),
  /** The largest lag of a live source, and the most active flows. */
  lag_us: z.number(),
  active_flows: z.number(),
  /** Registered hits by kind, by outcome; those that did not occur are left out. */
  harm: z.record(z.string(), z.record(z.string(), z.number())),
  /**
   * Distinct clients by action; those that were hit; and `decided`, those with a throttle or a block. 1 to
   * LARGEST_SMALL_GROUP are all that. `error` is the standard error of estimates.
   */
  clients: z.record(z.string(), z.number()),
  error: z.number(),
});
export type OverviewFigures = z.infer<typeof overviewFigures>;

/** The longest spans that are read from minutes and from hours, seconds. */
const LONGEST = { minute: 21_600, hour: 2_678_400 };
const LATEST_S = 1e11;

/** Without a span the figures are of that which charts show then. */
export function readOverview(history: OpenHistory, query: OverviewQuery): OverviewFigures {
  const { database } = history;
  const isOpen = query.from === undefined && query.to === undefined;
  const { site, isp, link } = query;
  const { from = 0, to = LATEST_S } =
    (isOpen ? spanOf(history, { measure: 'watched', site, isp, link }) : null) ?? query;
  const level = levelOf(database, from, to);
  // The interval in which the span begins counts whole.
  const places = placePart(query);
  const span = [LEVEL_NAMES.indexOf(level), from === 0 ? 0 : from - LEVEL_SECONDS[level] + 1, to, ...places.values];
  const where = `level = ? AND time >= ? AND time < ? AND ${places.sql}`;
  const counts = database
    .prepare(
      `SELECT coalesce(min(time), 0) AS first, coalesce(max(time), 0) AS last, coalesce(sum(packets), 0) AS packets,
       coalesce(sum(bytes), 0) AS bytes, coalesce(sum(lost_packets), 0) AS lost_packets,
       coalesce(sum(undecoded_packets), 0) AS undecoded_packets, coalesce(sum(lost_lines), 0) AS lost_lines,
       coalesce(max(lag_us), 0) AS lag_us, coalesce(max(active_flows), 0) AS active_flows FROM coverage WHERE ${where}`,
    )
    .get(...span) as Counts;
  const { watched } = database
    .prepare(
      `SELECT coalesce(max(seconds), 0) AS watched FROM
       (SELECT sum(seconds) AS seconds FROM coverage WHERE ${where} GROUP BY place)`,
    )
    .get(...span) as { watched: number };
  const { first, last } = counts;
  return {
    from: from === 0 ? first : from,
    to: to === LATEST_S ? last + LEVEL_SECONDS[level] : to,
    watched,
    packets: counts.packets,
    bytes: counts.bytes,
    lost_packets: counts.lost_packets,
    undecoded_packets: counts.undecoded_packets,
    lost_lines: counts.lost_lines,
    lag_us: counts.lag_us,
    active_flows: counts.active_flows,
    harm: readHarm(database, where, span),
    ...readClients(database, where, span),
  };
}

interface Counts {
  readonly first: number;
  readonly last: number;
  readonly packets: number;
  readonly bytes: number;
  readonly lost_packets: number;
  readonly undecoded_packets: number;
  readonly lost_lines: number;
  readonly lag_us: number;
  readonly active_flows: number;
}

/** The finest level that has few rows and still reaches back to the beginning. */
function levelOf(database: HistoryDatabase, from: number, to: number): Level {
  const oldest = database
    .prepare('SELECT coalesce(min(time), 0) AS time FROM coverage WHERE level = ?')
    .get(LEVEL_NAMES.indexOf('minute')) as { time: number };
  if (to - from <= LONGEST.minute && oldest.time <= from) return 'minute';
  return to - from <= LONGEST.hour ? 'hour' : 'day';
}

function readHarm(
  database: HistoryDatabase,
  where: string,
  span: readonly (string | number)[],
): OverviewFigures['harm'] {
  const rows = database
    .prepare(`SELECT kind, outcome, sum(count) AS count FROM harm WHERE ${where} GROUP BY kind, outcome`)
    .all(...span) as { kind: string; outcome: string; count: number }[];
  const harm: Record<string, Record<string, number>> = {};
  for (const { kind, outcome, count } of rows) (harm[kind] ??= {})[outcome] = count;
  return harm;
}

function readClients(
  database: HistoryDatabase,
  where: string,
  span: readonly (string | number)[],
): Pick<OverviewFigures, 'clients' | 'error'> {
  const rows = database.prepare(`SELECT action, sketch FROM clients WHERE ${where}`).all(...span) as {
    action: string;
    sketch: Uint8Array | ArrayBuffer;
  }[];
  const sketches = new Map<string, ClientSketch>();
  for (const { action, sketch } of rows) {
    const own = ClientSketch.fromBytes(new Uint8Array(sketch));
    const before = sketches.get(action);
    if (before === undefined) sketches.set(action, own);
    else before.merge(own);
  }
  const decided = new ClientSketch();
  for (const action of ['throttle', 'block']) decided.merge(sketches.get(action) ?? new ClientSketch());
  if (decided.size > 0) sketches.set('decided', decided);
  const sizes = [...sketches].map(([action, { size }]) => [action, coarseClients(size)]);
  return {
    clients: Object.fromEntries(sizes) as Record<string, number>,
    error: [...sketches.values()].every(({ isExact }) => isExact) ? 0 : SKETCH_ERROR,
  };
}
