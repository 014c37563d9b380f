/** Answers a chart's question from the level that suits it. */
import { ClientSketch, SKETCH_ERROR } from '../client-sketch.ts';
import { LEVEL_NAMES, type Level, SERIES_NAMES } from '../roll-up.ts';
import type { HistoryDatabase } from '../store/database.ts';
import { type ChartData, type ChartQuery, LARGEST_SMALL_GROUP, PLACE_NAMES, SERIES_MEASURES } from './chart-query.ts';
import { chooseLevel, MOST_ROWS } from './level-choice.ts';

const SUMS: Readonly<Record<(typeof SERIES_MEASURES)[number], string>> = {
  flows: 'flows',
  decisions: 'decisions',
  packets: 'packets',
  bytes: 'bytes',
  forwarded: 'packets - delayed_packets - dropped_packets',
  delayed: 'delayed_packets',
  dropped: 'dropped_packets',
};
const COVERAGE_VALUES: Readonly<Record<string, string>> = {
  watched: 'sum(packets)',
  lost: 'sum(lost_packets)',
  undecoded: 'sum(undecoded_packets)',
  lag: 'max(lag_us) / 1e6',
  active: 'sum(active_flows)',
};
const SECONDS_PER_DAY = 86_400;

/** A row of an answer before it is put into points: its time, the name of its series, and its value. */
interface Cell {
  readonly time: number;
  readonly name: string;
  readonly value: number;
}

interface Part {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

export function readChart(database: HistoryDatabase, query: ChartQuery): ChartData {
  const span = spanOf(database, query);
  const { level, step } = chooseLevel(
    span.from,
    span.to,
    (one) => rowsOf(database, one, span),
    (one) => boundsOf(database, one).first,
  );
  const code = LEVEL_NAMES.indexOf(level);
  const where = { sql: 'level = ? AND time >= ? AND time < ?', values: [code, span.from, span.to] };
  const isOfClients = query.measure === 'clients';
  const clients = isOfClients ? clientCells(database, query, where, pointOf({ ...span, level, step })) : null;
  const cells = clients?.cells ?? cellsOf(database, query, where);
  const coverage = database
    .prepare(
      `SELECT time, sum(seconds) AS value FROM coverage WHERE ${where.sql} AND ${placeFilter(query).sql} GROUP BY time ORDER BY time`,
    )
    .all(...where.values, ...placeFilter(query).values) as Omit<Cell, 'name'>[];
  const isLargest = query.measure === 'lag' || query.measure === 'active';
  const data = pointsOf(cells, coverage, { ...span, level, step }, isLargest);
  return { ...data, error: clients?.isExact === false ? SKETCH_ERROR : 0 };
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** The span that the query names; from the first to the last day of the history where it names none. */
function spanOf(database: HistoryDatabase, { from, to }: ChartQuery): Span {
  const { first, last } = boundsOf(database, 'day');
  const until = to ?? last + SECONDS_PER_DAY;
  return { from: Math.min(from ?? first, until), to: until };
}

/** Beginnings of the first and the last interval of a level; 0 without any. */
function boundsOf(database: HistoryDatabase, level: Level): { first: number; last: number } {
  return database
    .prepare('SELECT coalesce(min(time), 0) AS first, coalesce(max(time), 0) AS last FROM coverage WHERE level = ?')
    .get(LEVEL_NAMES.indexOf(level)) as { first: number; last: number };
}

function rowsOf(database: HistoryDatabase, level: Level, { from, to }: Span): number {
  const { count } = database
    .prepare(
      `SELECT count(*) AS count FROM (SELECT 1 FROM roll_up WHERE level = ? AND time >= ? AND time < ? LIMIT ${MOST_ROWS + 1})`,
    )
    .get(LEVEL_NAMES.indexOf(level), from, to) as { count: number };
  return count;
}

function cellsOf(database: HistoryDatabase, query: ChartQuery, where: Part): Cell[] {
  const { measure, by } = query;
  const place = placeFilter(query);
  if (measure === 'harm') {
    const name = by === 'kind' || by === 'outcome' ? by : "''";
    return database
      .prepare(
        `SELECT time, ${name} AS name, sum(count) AS value FROM harm WHERE ${where.sql} AND ${place.sql} AND kind = 'in_force' GROUP BY time, name`,
      )
      .all(...where.values, ...place.values) as Cell[];
  }
  const coverage = COVERAGE_VALUES[measure];
  if (coverage !== undefined)
    return database
      .prepare(
        `SELECT time, '' AS name, ${coverage} AS value FROM coverage WHERE ${where.sql} AND ${place.sql} GROUP BY time`,
      )
      .all(...where.values, ...place.values) as Cell[];
  const sum = SUMS[measure as keyof typeof SUMS];
  const filter = seriesFilter(query);
  const isOfSeries = [...SERIES_NAMES, ...PLACE_NAMES].some((name) => name === by);
  const name = isOfSeries ? by! : "''";
  return database
    .prepare(
      `SELECT time, ${name} AS name, sum(${sum}) AS value FROM roll_up JOIN series ON series.id = roll_up.series
       JOIN place ON place.id = series.place WHERE ${where.sql} AND ${filter.sql} GROUP BY time, name`,
    )
    .all(...where.values, ...filter.values) as Cell[];
}

/** Distinct clients of each point, by action or of all: the sketches of its intervals, places and actions are merged. */
function clientCells(
  database: HistoryDatabase,
  query: ChartQuery,
  where: Part,
  pointAt: (time: number) => number,
): { cells: Cell[]; isExact: boolean } {
  const place = placeFilter(query);
  const actions = valuesOf(query.action);
  const rows = database
    .prepare(`SELECT time, action, sketch FROM clients WHERE ${where.sql} AND ${place.sql} ORDER BY time`)
    .all(...where.values, ...place.values) as { time: number; action: string; sketch: Uint8Array | ArrayBuffer }[];
  const sketches = new Map<string, { time: number; name: string; sketch: ClientSketch }>();
  for (const { time, action, sketch } of rows) {
    if (actions !== null && !actions.includes(action)) continue;
    const name = query.by === 'action' ? action : '';
    const point = pointAt(time);
    const key = `${point} ${name}`;
    // libsql gives bytes of several rows as an ArrayBuffer each, those of one row as a Buffer.
    const own = ClientSketch.fromBytes(new Uint8Array(sketch));
    const before = sketches.get(key);
    if (before === undefined) sketches.set(key, { time: point, name, sketch: own });
    else before.sketch.merge(own);
  }
  const all = [...sketches.values()];
  return {
    cells: all.map(({ time, name, sketch }) => ({ time, name, value: shown(sketch.size) })),
    isExact: all.every(({ sketch }) => sketch.isExact),
  };
}

function seriesFilter(query: ChartQuery): Part {
  const place = placeFilter(query, 'series.place');
  const parts: Part[] = [place];
  for (const name of SERIES_NAMES) {
    const values = valuesOf(query[name]);
    if (values !== null) parts.push({ sql: `series.${name} IN (${values.map(() => '?').join(', ')})`, values });
  }
  return { sql: parts.map(({ sql }) => sql).join(' AND '), values: parts.flatMap(({ values }) => values) };
}

function placeFilter(query: ChartQuery, column = 'place'): Part {
  const parts: Part[] = [];
  for (const name of PLACE_NAMES) {
    const values = valuesOf(query[name]);
    if (values !== null) parts.push({ sql: `${name} IN (${values.map(() => '?').join(', ')})`, values });
  }
  if (parts.length === 0) return { sql: '1', values: [] };
  const sql = `${column} IN (SELECT id FROM place WHERE ${parts.map((part) => part.sql).join(' AND ')})`;
  return { sql, values: parts.flatMap(({ values }) => values) };
}

/** The values of a filter; null without one. */
function valuesOf(filter: string | undefined): string[] | null {
  return filter === undefined ? null : filter.split(',');
}

/** Small groups are not told apart. */
function shown(clients: number): number {
  return clients === 0 ? 0 : Math.max(clients, LARGEST_SMALL_GROUP);
}

/** The beginning of the point that a time is in. */
function pointOf({ from, level, step }: { from: number; level: Level; step: number }): (time: number) => number {
  const start = Math.floor(from / step) * step;
  return (time) =>
    level === 'day' && step === SECONDS_PER_DAY ? time : start + Math.floor((time - start) / step) * step;
}

function pointsOf(
  cells: readonly Cell[],
  coverage: readonly Omit<Cell, 'name'>[],
  { from, to, level, step }: Span & { level: Level; step: number },
  isLargest: boolean,
): ChartData {
  const point = pointOf({ from, level, step });
  const seconds = new Map<number, number>();
  for (const { time, value } of coverage) seconds.set(point(time), (seconds.get(point(time)) ?? 0) + value);
  const times = timesOf(coverage, from, to, step, level, point);
  const places = new Map(times.map((time, at) => [time, at]));
  const series = new Map<string, (number | null)[]>();
  for (const { time, name, value } of cells) {
    let values = series.get(name);
    if (values === undefined) series.set(name, (values = times.map((at) => ((seconds.get(at) ?? 0) > 0 ? 0 : null))));
    const at = places.get(point(time));
    if (at === undefined) continue;
    values[at] = isLargest ? Math.max(values[at] ?? 0, value) : (values[at] ?? 0) + value;
  }
  if (series.size === 0)
    series.set(
      '',
      times.map((at) => ((seconds.get(at) ?? 0) > 0 ? 0 : null)),
    );
  return {
    level,
    step,
    from,
    to,
    times,
    watched: times.map((time) => Math.min(1, (seconds.get(time) ?? 0) / step)),
    series: [...series]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, values]) => ({ name, values, total: values.reduce<number>((sum, value) => sum + (value ?? 0), 0) })),
    error: 0,
  };
}

/** Every point of the span, so that one without data shows as a gap. */
function timesOf(
  coverage: readonly Omit<Cell, 'name'>[],
  from: number,
  to: number,
  step: number,
  level: Level,
  point: (time: number) => number,
): number[] {
  const times = new Set(coverage.map(({ time }) => point(time)));
  if (level !== 'day') for (let time = point(from); time < to; time += step) times.add(time);
  return [...times].sort((a, b) => a - b);
}
