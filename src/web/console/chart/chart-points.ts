/**
 * The points of a chart as they are drawn: what each series has, what is stacked below it, and what was not watched.
 */
import type { ChartData } from '../../../history/query/chart-query.ts';

export interface ChartSeries {
  readonly name: string;
  /** By point; null where nothing was watched. */
  readonly values: readonly (number | null)[];
  readonly total: number;
}

export interface Stretch {
  readonly from: number;
  readonly to: number;
}

export interface ChartPoints {
  /** Beginnings and ends of the points, seconds since 1970. */
  readonly times: readonly number[];
  readonly ends: readonly number[];
  readonly watched: readonly number[];
  readonly series: readonly ChartSeries[];
  readonly from: number;
  readonly to: number;
  /** Stretches that were not watched at all, and in part. */
  readonly gaps: readonly Stretch[];
  readonly parts: readonly Stretch[];
}

/** From this part on a point counts as watched: the clock of packets ends a minute with its last packet. */
const WHOLE = 0.95;

/**
 * `order`: names of series from the bottom up; others follow. Named ones are there even without a value. `isTrimmed`:
 * the span ends with what was watched.
 */
export function pointsOf(data: ChartData, order: readonly string[], isTrimmed: boolean): ChartPoints {
  const [first, last] = isTrimmed ? limitsOf(data.watched) : [0, data.times.length - 1];
  const times = data.times.slice(first, last + 1);
  const watched = data.watched.slice(first, last + 1);
  const ends = times.map((time, at) => Math.min(time + data.step, times[at + 1] ?? Infinity));
  const from = isTrimmed ? (times[0] ?? data.from) : data.from;
  const to = isTrimmed ? (ends.at(-1) ?? data.to) : data.to;
  return {
    times,
    ends,
    watched,
    series: seriesOf(data, order, first, last + 1, watched),
    from,
    to,
    gaps: stretches(times, ends, watched, from, to, (part) => part === 0),
    parts: stretches(times, ends, watched, null, null, (part) => part > 0 && part < WHOLE),
  };
}

function limitsOf(watched: readonly number[]): [first: number, last: number] {
  const first = watched.findIndex((part) => part > 0);
  return first === -1 ? [0, watched.length - 1] : [first, watched.findLastIndex((part) => part > 0)];
}

function seriesOf(
  data: ChartData,
  order: readonly string[],
  first: number,
  end: number,
  watched: readonly number[],
): ChartSeries[] {
  const named = new Map(data.series.map((one) => [one.name, one]));
  const others = data.series.filter(({ name, total }) => !order.includes(name) && (order.length === 0 || total > 0));
  const zeros = watched.map((part) => (part > 0 ? 0 : null));
  return [
    ...order.map((name) => named.get(name) ?? { name, values: null, total: 0 }),
    ...others.toSorted((a, b) => b.total - a.total),
  ].map(({ name, values, total }) => ({ name, values: values?.slice(first, end) ?? zeros, total }));
}

/** Neighbouring points for which `isOne` holds, and spaces between points if the span is given. */
function stretches(
  times: readonly number[],
  ends: readonly number[],
  watched: readonly number[],
  from: number | null,
  to: number | null,
  isOne: (part: number) => boolean,
): Stretch[] {
  const found: { from: number; to: number }[] = [];
  const add = (begin: number, end: number): void => {
    if (end <= begin) return;
    const before = found.at(-1);
    if (before !== undefined && before.to >= begin) before.to = end;
    else found.push({ from: begin, to: end });
  };
  let reached = from;
  for (const [at, time] of times.entries()) {
    if (reached !== null) {
      add(reached, time);
      reached = ends[at]!;
    }
    if (isOne(watched[at]!)) add(time, ends[at]!);
  }
  if (reached !== null && to !== null) add(reached, to);
  return found;
}

/** The point that covers a time; -1 for none. */
export function pointAt({ times, ends }: ChartPoints, time: number): number {
  const at = times.findLastIndex((begin) => begin <= time);
  return at !== -1 && time < ends[at]! ? at : -1;
}

/**
 * For each series in turn: by point, the sum of the shown series below it and itself; null where nothing was watched.
 */
export function stackOf(series: readonly ChartSeries[], isShown: readonly boolean[]): (number | null)[][] {
  let below: (number | null)[] = [];
  return series.map(({ values }, at) => {
    if (isShown[at] === false) return values.map(() => null);
    below = values.map((value, point) => (value === null ? null : value + (below[point] ?? 0)));
    return below;
  });
}
