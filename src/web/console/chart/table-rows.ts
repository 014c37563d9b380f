/**
 * Rows of a chart's table: its points, several of which are joined where there are too many. On paper a stretch that
 * was not watched is one row.
 */
import type { ChartPoints } from './chart-points.ts';

export interface TableRow {
  /** Its beginning, seconds since 1970. */
  readonly time: number;
  readonly end: number;
  /** The end of a stretch that was not watched; null for a row of points, which are all of one length. */
  readonly until: number | null;
  /** By series; null where nothing was watched. */
  readonly values: readonly (number | null)[];
  /** The part that was watched, 0 to 1. */
  readonly watched: number;
}

/**
 * `joined` is the number of points of each row. `isSum`: values of several points are added, or else the largest is
 * taken.
 */
export function rowsOf(points: ChartPoints, isSum: boolean, most: number): { rows: TableRow[]; joined: number } {
  const { times } = points;
  const joined = Math.max(1, Math.ceil(times.length / most));
  const rows: TableRow[] = [];
  for (let first = 0; first < times.length; first += joined) {
    rows.push(rowOf(points, isSum, first, Math.min(first + joined, times.length)));
  }
  return { rows, joined };
}

/** The same for paper: only points that were watched are joined, and each stretch that was not watched is a row. */
export function paperRowsOf(points: ChartPoints, isSum: boolean, most: number): { rows: TableRow[]; joined: number } {
  const { times, ends, series, watched, gaps } = points;
  const joined = Math.max(1, Math.ceil(watched.filter((part) => part > 0).length / most));
  const rows: TableRow[] = gaps.map(({ from, to }) => ({
    time: from,
    end: to,
    until: to,
    values: series.map(() => null),
    watched: 0,
  }));
  for (let first = 0; first < times.length;) {
    let end = first + 1;
    if (watched[first]! > 0) {
      while (end < first + joined && watched[end] !== undefined && watched[end]! > 0 && times[end] === ends[end - 1])
        end++;
      rows.push(rowOf(points, isSum, first, end));
    }
    first = end;
  }
  // Where gaps and points take turns, a row for each would be no summary.
  if (rows.length > 2 * most) return rowsOf(points, isSum, most);
  return { rows: rows.toSorted((a, b) => a.time - b.time), joined };
}

function rowOf({ times, ends, series, watched }: ChartPoints, isSum: boolean, first: number, end: number): TableRow {
  const lengths = times.slice(first, end).map((time, at) => ends[first + at]! - time);
  const whole = lengths.reduce((sum, length) => sum + length, 0);
  const seen = lengths.reduce((sum, length, at) => sum + length * watched[first + at]!, 0);
  return {
    time: times[first]!,
    end: ends[end - 1]!,
    until: null,
    values: series.map(({ values }) => join(values.slice(first, end), isSum)),
    watched: seen / whole,
  };
}

function join(values: readonly (number | null)[], isSum: boolean): number | null {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return null;
  return isSum ? known.reduce((sum, value) => sum + value, 0) : Math.max(...known);
}
