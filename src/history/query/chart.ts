/** Answers a chart's question from the level that suits it. */
import { LEVEL_NAMES } from '../roll-up.ts';
import type { OpenHistory } from '../store/history-store.ts';
import { type Cell, readCells } from './chart-cells.ts';
import { readClients } from './chart-clients.ts';
import {
  type ChartData,
  type ChartQuery,
  COVERAGE_MEASURES,
  LARGEST_MEASURES,
  type Measure,
  SPLITS,
  splitsOf,
} from './chart-query.ts';
import { spanOf } from './chart-span.ts';
import { chooseLevel, MOST_ROWS, MOST_SKETCHES, type Source } from './level-choice.ts';
import { allOf, placePart, type QueryPart, timePart } from './query-part.ts';

type Series = ChartData['series'][number];

/** The points of a chart, and the seconds of each that were watched at all places together. */
interface Points {
  readonly times: readonly number[];
  readonly seconds: Float64Array;
}

export function readChart(history: OpenHistory, query: ChartQuery): ChartData {
  const { database } = history;
  const { measure } = query;
  const ignored = SPLITS.filter((name) => query[name] !== undefined && !splitsOf(measure).includes(name));
  const span = spanOf(history, query);
  const notes = ignored.length > 0 ? { ignored } : {};
  if (span === null)
    return { level: 'day', step: 86_400, from: 0, to: 0, times: [], watched: [], series: [], error: 0, ...notes };
  const { grid, step } = chooseLevel(history, query, span, sourceOf(measure));
  const { times, end } = grid.pointsOf(span.from, span.to);
  const where = timePart(LEVEL_NAMES.indexOf(grid.level), times[0]!, end);
  const points = { times, seconds: new Float64Array(times.length) };
  const places = addCoverage(points, history, query, where);
  const { series, error } =
    measure === 'clients'
      ? clientSeries(points, history, query, where)
      : { series: valueSeries(points, readCells(database, query, where), measure), error: 0 };
  return {
    level: grid.level,
    step,
    ...span,
    times: [...times],
    watched: times.map((time, at) => watchedPart(points.seconds[at]!, ((times[at + 1] ?? end) - time) * places)),
    series,
    error,
    ...notes,
  };
}

function sourceOf(measure: Measure): Source {
  if (measure === 'clients') return { table: 'clients', mostRows: MOST_SKETCHES };
  if (measure === 'harm') return { table: 'harm', mostRows: MOST_ROWS };
  const isOfCoverage = COVERAGE_MEASURES.some((name) => name === measure);
  return { table: isOfCoverage ? 'coverage' : 'roll_up', mostRows: MOST_ROWS };
}

/** Adds the watched seconds of the points; returns how many places have any. */
function addCoverage(points: Points, { database }: OpenHistory, query: ChartQuery, span: QueryPart): number {
  const where = allOf(span, placePart(query));
  const rows = database
    .prepare(`SELECT time, place, seconds FROM coverage WHERE ${where.sql}`)
    .raw()
    .all(...where.values) as [number, number, number][];
  const places = new Set<number>();
  for (const [time, place, seconds] of rows) {
    places.add(place);
    points.seconds[pointAt(points.times, time)]! += seconds;
  }
  return Math.max(1, places.size);
}

/** The point that a time is in, which is not before the first. */
function pointAt(times: readonly number[], time: number): number {
  let [low, high] = [0, times.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (times[middle]! <= time) low = middle;
    else high = middle;
  }
  return low;
}

/** Three digits are enough, and a point that was watched for a second is not one that was not. */
function watchedPart(seconds: number, of: number): number {
  const part = Math.min(1, seconds / of);
  return part === 0 ? 0 : Math.max(0.001, Math.round(part * 1000) / 1000);
}

/** Nothing was counted: 0 where the place was watched, null where it was not. */
function emptyValues({ seconds }: Points): (number | null)[] {
  return Array.from(seconds, (one) => (one > 0 ? 0 : null));
}

function valueSeries(points: Points, cells: readonly Cell[], measure: Measure): Series[] {
  const isLargest = LARGEST_MEASURES.includes(measure);
  const join = (a: number, b: number): number => (isLargest ? Math.max(a, b) : a + b);
  const series = new Map<string, (number | null)[]>();
  for (const { time, name, value } of cells) {
    let values = series.get(name);
    if (values === undefined) series.set(name, (values = emptyValues(points)));
    const at = pointAt(points.times, time);
    values[at] = join(values[at] ?? 0, value);
  }
  return sorted(points, series, (values) => values.reduce<number>((total, value) => join(total, value ?? 0), 0));
}

function clientSeries(
  points: Points,
  { database }: OpenHistory,
  query: ChartQuery,
  where: QueryPart,
): { series: Series[]; error: number } {
  const clients = readClients(database, query, where, (time) => pointAt(points.times, time));
  const series = new Map<string, (number | null)[]>();
  for (const [name, { points: counts }] of clients.series) {
    const values = emptyValues(points);
    for (const [at, count] of counts) values[at] = count;
    series.set(name, values);
  }
  return {
    series: sorted(points, series, (_, name) => clients.series.get(name)?.total ?? 0),
    error: clients.error,
  };
}

/** The series by name; one of nothing where there is none. */
function sorted(
  points: Points,
  series: ReadonlyMap<string, (number | null)[]>,
  totalOf: (values: readonly (number | null)[], name: string) => number,
): Series[] {
  const all: [string, (number | null)[]][] = series.size === 0 ? [['', emptyValues(points)]] : [...series];
  return all
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, values]) => ({ name, values, total: totalOf(values, name) }));
}
