/** Rows of a chart's table: its points, several of which are joined where there are too many. */
import type { ChartPoints } from './chart-points.ts';

export interface TableRow {
  /** Its beginning, seconds since 1970. */
  readonly time: number;
  /** By series; null where nothing was watched. */
  readonly values: readonly (number | null)[];
  /** The part that was watched, 0 to 1. */
  readonly watched: number;
}

/** `joined` is the number of points of each row. `isSum`: values of several points are added, or else the largest is taken. */
export function rowsOf(
  { times, ends, series, watched }: ChartPoints,
  isSum: boolean,
  most: number,
): { rows: TableRow[]; joined: number } {
  const joined = Math.max(1, Math.ceil(times.length / most));
  const rows: TableRow[] = [];
  for (let first = 0; first < times.length; first += joined) {
    const end = Math.min(first + joined, times.length);
    const lengths = times.slice(first, end).map((time, at) => ends[first + at]! - time);
    const whole = lengths.reduce((sum, length) => sum + length, 0);
    const seen = lengths.reduce((sum, length, at) => sum + length * watched[first + at]!, 0);
    rows.push({
      time: times[first]!,
      values: series.map(({ values }) => join(values.slice(first, end), isSum)),
      watched: seen / whole,
    });
  }
  return { rows, joined };
}

function join(values: readonly (number | null)[], isSum: boolean): number | null {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return null;
  return isSum ? known.reduce((sum, value) => sum + value, 0) : Math.max(...known);
}
