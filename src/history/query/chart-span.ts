/**
 * The span of a chart that names none: all that is recorded. A capture may have a few packets with a damaged time,
 * decades away, beside which the rest would be one point: then the shortest span that holds nearly all packets.
 */
import { LEVEL_NAMES } from '../roll-up.ts';
import type { OpenHistory } from '../store/history-store.ts';
import type { ChartQuery } from './chart-query.ts';
import { allOf, placePart, timePart } from './query-part.ts';

export interface Span {
  readonly from: number;
  readonly to: number;
}

const MOST_OF_ALL = 0.995;
/** Times are far away where all of them span so many times as many days as nearly all packets. */
const FAR = 50;
/** A span of fewer days is cut by its minutes. */
const FEW_DAYS = 7;
const [MINUTE, , DAY] = LEVEL_NAMES.map((_, level) => level) as [number, number, number];
const MOST = 1e12;
const SECONDS_PER_MINUTE = 60;
const SECONDS_PER_DAY = 86_400;

/** Null if nothing is recorded and the query does not say both ends. */
export function spanOf(history: OpenHistory, query: ChartQuery): Span | null {
  const { from, to } = query;
  if (from !== undefined && to !== undefined) return { from, to };
  const days = watchedTimes(history, query, DAY, { from: 0, to: MOST });
  if (days.length === 0) return null;
  const endOf = (time: number): number => history.clock.dayStart(time + 1.5 * SECONDS_PER_DAY);
  let span = withoutFarTimes(days, endOf);
  if (span.to - span.from < FEW_DAYS * SECONDS_PER_DAY) {
    const minutes = watchedTimes(history, query, MINUTE, span);
    // Minutes are kept for a shorter time.
    if (sumOf(minutes) === sumOf(days.filter(({ time }) => time >= span.from && time < span.to)))
      span = { from: minutes[0]!.time, to: minutes.at(-1)!.time + SECONDS_PER_MINUTE };
  }
  if (from !== undefined) return { from, to: Math.max(span.to > from ? span.to : endOf(days.at(-1)!.time), from + 1) };
  if (to !== undefined) return { from: Math.min(span.from < to ? span.from : days[0]!.time, to - 1), to };
  return span;
}

interface Watched {
  readonly time: number;
  readonly packets: number;
}

function watchedTimes({ database }: OpenHistory, query: ChartQuery, level: number, { from, to }: Span): Watched[] {
  const where = allOf(timePart(level, from, to), placePart(query));
  const rows = database
    .prepare(`SELECT time, sum(packets) FROM coverage WHERE ${where.sql} GROUP BY time ORDER BY time`)
    .raw()
    .all(...where.values) as [number, number][];
  return rows.map(([time, packets]) => ({ time, packets }));
}

function sumOf(times: readonly Watched[]): number {
  return times.reduce((sum, { packets }) => sum + packets, 0);
}

function withoutFarTimes(days: readonly Watched[], endOf: (time: number) => number): Span {
  const all = { from: days[0]!.time, to: endOf(days.at(-1)!.time) };
  const most = shortest(days, endOf);
  return all.to - all.from > FAR * (most.to - most.from) ? most : all;
}

/** The shortest span of these that has nearly all packets; all of them if there are no packets. */
export function shortest(times: readonly Watched[], endOf: (time: number) => number): Span {
  const enough = MOST_OF_ALL * sumOf(times);
  let best: Span = { from: times[0]!.time, to: endOf(times.at(-1)!.time) };
  if (enough === 0) return best;
  let packets = 0;
  for (let first = 0, last = 0; last < times.length; last++) {
    packets += times[last]!.packets;
    while (packets - times[first]!.packets >= enough) packets -= times[first++]!.packets;
    const span = { from: times[first]!.time, to: endOf(times[last]!.time) };
    if (packets >= enough && span.to - span.from < best.to - best.from) best = span;
  }
  return best;
}
