/** Reads the values of a chart: for each time of a level and each name of a split, a sum or a largest value. */
import { SERIES_NAMES } from '../roll-up.ts';
import type { HistoryDatabase } from '../store/database.ts';
import { type ChartQuery, type Measure, PLACE_NAMES, type Split } from './chart-query.ts';
import { ALL, allOf, filterPart, placePart, type QueryPart } from './query-part.ts';

/** Length of an interval of the level that is read. */
export interface Cell {
  readonly time: number;
  readonly name: string;
  readonly value: number;
}

const SUMS: Readonly<Partial<Record<Measure, string>>> = {
  flows: 'flows',
  decisions: 'decisions',
  packets: 'packets',
  bytes: 'bytes',
  forwarded: 'packets - delayed_packets - dropped_packets',
  delayed: 'delayed_packets',
  dropped: 'dropped_packets',
  forwarded_bytes: 'bytes - delayed_bytes - dropped_bytes',
  delayed_bytes: 'delayed_bytes',
  dropped_bytes: 'dropped_bytes',
};
const COVERAGE_VALUES: Readonly<Partial<Record<Measure, string>>> = {
  watched: 'sum(packets)',
  watched_bytes: 'sum(bytes)',
  lost: 'sum(lost_packets)',
  undecoded: 'sum(undecoded_packets)',
  lost_lines: 'sum(lost_lines)',
  lag: 'max(lag_us) / 1e6',
  active: 'sum(active_flows)',
};
/** A hit without one of these filters is one of a registration in force. */
const IN_FORCE: QueryPart = { sql: "kind = 'in_force'", values: [] };

export function readCells(database: HistoryDatabase, query: ChartQuery, where: QueryPart): Cell[] {
  const { measure } = query;
  if (measure === 'harm') return harmCells(database, query, where);
  const sum = SUMS[measure];
  if (sum !== undefined) return seriesCells(database, query, where, sum);
  return cellsOf(database, 'coverage', query, COVERAGE_VALUES[measure]!, allOf(where, placePart(query)));
}

/** True for a column of the table of places. */
export function isOfPlace(name: Split | undefined): name is (typeof PLACE_NAMES)[number] {
  return PLACE_NAMES.some((one) => one === name);
}

function harmCells(database: HistoryDatabase, query: ChartQuery, where: QueryPart): Cell[] {
  const isOfAllKinds = query.by === 'kind' || query.kind !== undefined;
  const filter = allOf(filterPart(query, ['kind', 'outcome']), isOfAllKinds ? ALL : IN_FORCE);
  return cellsOf(database, 'harm', query, 'sum(count)', allOf(where, placePart(query), filter));
}

/** Cells of a table that has a column `place`, and the others that it can be split by. */
function cellsOf(database: HistoryDatabase, table: string, query: ChartQuery, value: string, where: QueryPart): Cell[] {
  const { by } = query;
  const name = by === undefined ? "''" : isOfPlace(by) ? `(SELECT ${by} FROM place WHERE id = ${table}.place)` : by;
  return toCells(
    database
      .prepare(`SELECT time, ${name} AS name, ${value} FROM ${table} WHERE ${where.sql} GROUP BY time, name`)
      .raw()
      .all(...where.values),
  );
}

/**
 * Cells of series. The series that are asked for, and their names, are found before: a row is then looked up by one
 * number, and its group is a number too.
 */
function seriesCells(database: HistoryDatabase, query: ChartQuery, where: QueryPart, sum: string): Cell[] {
  const filter = allOf(filterPart(query, SERIES_NAMES), placePart(query, 'series.place'));
  if (query.by === undefined && filter.values.length === 0)
    return toCells(
      database
        .prepare(`SELECT time, '', sum(${sum}) FROM roll_up WHERE ${where.sql} GROUP BY time`)
        .raw()
        .all(...where.values),
    );
  const names = chooseSeries(database, query.by, filter);
  const rows = database
    .prepare(
      `SELECT time, chosen.name AS number, sum(${sum}) FROM roll_up CROSS JOIN chosen ON chosen.series = roll_up.series
       WHERE ${where.sql} GROUP BY time, number`,
    )
    .raw()
    .all(...where.values) as [number, number, number][];
  return rows.map(([time, number, value]) => ({ time, name: names[number]!, value }));
}

/** Fills the table `chosen` with the series of a filter and the numbers of their names; returns the names. */
function chooseSeries(database: HistoryDatabase, by: Split | undefined, filter: QueryPart): string[] {
  database.exec(
    'CREATE TEMP TABLE IF NOT EXISTS chosen (series INTEGER PRIMARY KEY, name INTEGER); DELETE FROM chosen',
  );
  const column = by === undefined ? "''" : isOfPlace(by) ? `place.${by}` : `series.${by}`;
  const rows = database
    .prepare(
      `SELECT series.id, ${column} FROM series JOIN place ON place.id = series.place WHERE ${filter.sql} ` +
        'ORDER BY series.id',
    )
    .raw()
    .all(...filter.values) as [number, string][];
  const insert = database.prepare('INSERT INTO chosen VALUES (?, ?)');
  const numbers = new Map<string, number>();
  for (const [series, name] of rows) {
    const number = numbers.get(name) ?? numbers.size;
    numbers.set(name, number);
    insert.run(series, number);
  }
  return [...numbers.keys()];
}

function toCells(rows: unknown[]): Cell[] {
  return (rows as [number, string, number][]).map(([time, name, value]) => ({ time, name, value }));
}
