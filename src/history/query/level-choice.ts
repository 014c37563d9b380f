/** Chooses the level and the length of a point, so that a chart has few points and is read from few rows. */
import { type Level, LEVEL_NAMES, LEVEL_SECONDS } from '../roll-up.ts';
import type { OpenHistory } from '../store/history-store.ts';
import { type ChartQuery, MOST_POINTS, PLACE_NAMES } from './chart-query.ts';
import type { Span } from './chart-span.ts';
import { PointGrid, stepSeconds, STEPS } from './point-grid.ts';
import { filterPart } from './query-part.ts';

export const MOST_ROWS = 100_000;
/** Sketches are larger than rows of counts. */
export const MOST_SKETCHES = 10_000;
/** The first and the last point may reach beyond the span. */
const ENDS = 2;

/** A table, and how many of its rows may be read. */
export interface Source {
  readonly table: 'roll_up' | 'clients' | 'harm' | 'coverage';
  readonly mostRows: number;
}

export interface LevelChoice {
  readonly grid: PointGrid;
  /** Usual seconds of a point. */
  readonly step: number;
}

/**
 * The finest level that is kept for the whole span, and that gives few enough points from few enough rows. Days are the
 * last resort: they are read however many there are.
 */
export function chooseLevel(history: OpenHistory, query: ChartQuery, span: Span, source: Source): LevelChoice {
  const length = span.to - span.from;
  const most = (query.points ?? MOST_POINTS) - ENDS;
  for (const level of LEVEL_NAMES) {
    const step = STEPS.find((one) => one.level === level && length / stepSeconds(one) <= most);
    if (step === undefined) continue;
    const isLast = level === 'day';
    if (!isLast && (!isKept(history, query, level, span) || hasTooMany(history, level, span, source))) continue;
    return { grid: new PointGrid(step, history.clock), step: stepSeconds(step) };
  }
  const step = STEPS.at(-1)!;
  return { grid: new PointGrid(step, history.clock), step: stepSeconds(step) };
}

function hasTooMany({ database }: OpenHistory, level: Level, { from, to }: Span, { table, mostRows }: Source): boolean {
  const [[count]] = database
    .prepare(
      `SELECT count(*) FROM (SELECT 1 FROM ${table} WHERE level = ? AND time >= ? AND time < ? LIMIT ${mostRows + 1})`,
    )
    .raw()
    .all(LEVEL_NAMES.indexOf(level), from, to) as [[number]];
  return count > mostRows;
}

/**
 * False if a place of the query has lost rows of this level. Every minute is added to its hour and its day, and the
 * oldest intervals are removed first: the first interval of the next level has rows of this one, or all of them have
 * gone.
 */
function isKept(history: OpenHistory, query: ChartQuery, level: Level, { from, to }: Span): boolean {
  const { database, clock } = history;
  const next = LEVEL_NAMES[LEVEL_NAMES.indexOf(level) + 1]!;
  const startOf = (time: number): number => (next === 'hour' ? clock.hourStart(time) : clock.dayStart(time));
  const first = database
    .prepare('SELECT min(time) FROM coverage WHERE level = ? AND place = ? AND time >= ? AND time < ?')
    .raw();
  const firstOf = (one: Level, place: number, since: number, until: number): number | null =>
    (first.all(LEVEL_NAMES.indexOf(one), place, since, until) as [number | null][])[0]![0];
  const filter = filterPart(query, PLACE_NAMES);
  const places = database
    .prepare(`SELECT id FROM place WHERE ${filter.sql}`)
    .raw()
    .all(...filter.values) as [number][];
  return places.every(([place]) => {
    const coarser = firstOf(next, place, startOf(from), to);
    if (coarser === null) return true;
    return firstOf(level, place, coarser, startOf(coarser + 1.5 * LEVEL_SECONDS[next])) !== null;
  });
}
