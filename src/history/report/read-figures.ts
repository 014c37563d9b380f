/** Reads what a report counts from the database: sums by series, by place and over time, distinct clients, and harm. */
import { ClientSketch } from '../client-sketch.ts';
import { LEVEL_NAMES, SERIES_COUNTS, SERIES_NAMES, type SeriesCount, type SeriesKey } from '../roll-up.ts';
import type { HistoryDatabase } from '../store/database.ts';
import type { Piece } from './span-pieces.ts';

export type SeriesFigures = SeriesKey & Readonly<Record<SeriesCount, number>> & { readonly time: number };

export interface WatchedFigures {
  /** The beginning of the interval, seconds since 1970. */
  readonly time: number;
  readonly site: string;
  readonly isp: string;
  readonly link: string;
  readonly seconds: number;
  readonly packets: number;
  readonly bytes: number;
  readonly lost_packets: number;
  readonly undecoded_packets: number;
  readonly lost_lines: number;
  /** The largest of the interval. */
  readonly lag_us: number;
  readonly active_flows: number;
}

export interface HarmFigures {
  readonly time: number;
  readonly kind: string;
  readonly outcome: string;
  readonly count: number;
}

export interface ClientFigures {
  readonly time: number;
  readonly action: string;
  readonly sketch: ClientSketch;
}

/** By the intervals of the pieces, days or shorter ones. */
export interface ReportFigures {
  readonly series: readonly SeriesFigures[];
  readonly watched: readonly WatchedFigures[];
  readonly harm: readonly HarmFigures[];
  /** Sketches of several places are merged. */
  readonly clients: readonly ClientFigures[];
}

/** Where the packets were seen; an empty name stands for all. */
export interface ReportScope {
  readonly site: string;
  readonly isp: string;
  readonly link: string;
}

const SCOPE_NAMES = ['site', 'isp', 'link'] as const;

interface Condition {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/**
 * `starts`: of the intervals in which decisions are summed, ascending; null for those of the pieces, which may be many
 * more.
 */
export function readFigures(
  database: HistoryDatabase,
  pieces: readonly Piece[],
  scope: ReportScope,
  starts: readonly number[] | null,
): ReportFigures {
  const { when, where, values } = conditionsOf(pieces, scope);
  const watched = database
    .prepare(
      `SELECT time, site, isp, link, seconds, packets, bytes, lost_packets, undecoded_packets, lost_lines, lag_us,
              active_flows
       FROM coverage JOIN place ON place.id = coverage.place
       WHERE ${when} AND coverage.place IN (${where}) ORDER BY time, site, isp, link`,
    )
    .all(...values) as WatchedFigures[];
  const series =
    starts === null ? readSeries(database, pieces, scope) : readSummedSeries(database, pieces, scope, starts);
  return { series, watched, ...readHits(database, pieces, scope) };
}

const SUMS = SERIES_COUNTS.map((name) => `sum(${name}) AS ${name}`).join(', ');
const NAMES = SERIES_NAMES.join(', ');

function readSeries(database: HistoryDatabase, pieces: readonly Piece[], scope: ReportScope): SeriesFigures[] {
  const { when, where, values } = conditionsOf(pieces, scope);
  return database
    .prepare(
      `SELECT time, ${NAMES}, ${SUMS} FROM roll_up JOIN series ON series.id = roll_up.series
       WHERE ${when} AND series.place IN (${where}) GROUP BY time, ${NAMES} ORDER BY time, ${NAMES}`,
    )
    .all(...values) as SeriesFigures[];
}

/** Sums within the database: rows take longer to reach JavaScript than to be read. */
function readSummedSeries(
  database: HistoryDatabase,
  pieces: readonly Piece[],
  scope: ReportScope,
  starts: readonly number[],
): SeriesFigures[] {
  return starts.flatMap((startS, at) => {
    const inside = piecesWithin(pieces, startS, starts[at + 1] ?? Infinity);
    const { when, where, values } = conditionsOf(inside, scope);
    const rows = database
      .prepare(
        `SELECT ${NAMES}, ${SUMS} FROM (SELECT series, ${SUMS} FROM roll_up WHERE ${when} GROUP BY series)
         JOIN series ON series.id = series WHERE series.place IN (${where}) GROUP BY ${NAMES} ORDER BY ${NAMES}`,
      )
      .all(...values) as Omit<SeriesFigures, 'time'>[];
    return rows.map((row) => ({ ...row, time: startS }));
  });
}

function piecesWithin(pieces: readonly Piece[], fromS: number, toS: number): Piece[] {
  return pieces
    .map(({ level, ...piece }) => ({
      level,
      fromS: Math.max(piece.fromS, fromS),
      toS: Math.min(piece.toS, toS),
    }))
    .filter((piece) => piece.fromS < piece.toS);
}

/** Only who was hit: harm and distinct clients. */
export function readHits(
  database: HistoryDatabase,
  pieces: readonly Piece[],
  scope: ReportScope,
): Pick<ReportFigures, 'harm' | 'clients'> {
  const { when, where, values } = conditionsOf(pieces, scope);
  const harm = database
    .prepare(
      `SELECT time, kind, outcome, sum(count) AS count FROM harm WHERE ${when} AND place IN (${where})
       GROUP BY time, kind, outcome ORDER BY time, kind, outcome`,
    )
    .all(...values) as HarmFigures[];
  const sketches = database
    .prepare(`SELECT time, action, sketch FROM clients WHERE ${when} AND place IN (${where}) ORDER BY time, action`)
    .all(...values) as { time: number; action: string; sketch: Uint8Array }[];
  return { harm, clients: mergedClients(sketches) };
}

function conditionsOf(
  pieces: readonly Piece[],
  scope: ReportScope,
): { readonly when: string; readonly where: string; readonly values: readonly (string | number)[] } {
  const when = piecesCondition(pieces);
  const where = scopeCondition(scope);
  return { when: when.sql, where: where.sql, values: [...when.values, ...where.values] };
}

/** Distinct clients with any of these actions, or with any at all. */
export function distinctClients(clients: readonly ClientFigures[], actions: readonly string[] | null): ClientSketch {
  const all = new ClientSketch();
  for (const { action, sketch } of clients) if (actions === null || actions.includes(action)) all.merge(sketch);
  return all;
}

function mergedClients(rows: readonly { time: number; action: string; sketch: Uint8Array }[]): ClientFigures[] {
  const merged: ClientFigures[] = [];
  for (const { time, action, sketch } of rows) {
    // libsql gives an ArrayBuffer here, and a Uint8Array for a single row.
    const own = ClientSketch.fromBytes(new Uint8Array(sketch));
    const before = merged.at(-1);
    if (before?.time === time && before.action === action) before.sketch.merge(own);
    else merged.push({ time, action, sketch: own });
  }
  return merged;
}

function piecesCondition(pieces: readonly Piece[]): Condition {
  if (pieces.length === 0) return { sql: '0', values: [] };
  return {
    sql: `(${pieces.map(() => '(level = ? AND time >= ? AND time < ?)').join(' OR ')})`,
    values: pieces.flatMap(({ level, fromS, toS }) => [LEVEL_NAMES.indexOf(level), fromS, toS]),
  };
}

function scopeCondition(scope: ReportScope): Condition {
  const named = SCOPE_NAMES.filter((name) => scope[name] !== '');
  const sql = `SELECT id FROM place WHERE ${named.map((name) => `${name} = ?`).join(' AND ') || '1'}`;
  return { sql, values: named.map((name) => scope[name]) };
}
