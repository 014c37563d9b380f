/** Intervals of a report's tables over time: hours for a few days, days for some months, months for longer. */
import { LEVEL_SECONDS } from '../roll-up.ts';
import type { ZoneClock } from '../zone-clock.ts';
import { periodAt } from './period.ts';

export const INTERVAL_NAMES = ['hour', 'day', 'month'] as const;
export type IntervalName = (typeof INTERVAL_NAMES)[number];

const MOST_DAYS_BY_HOUR = 3;
const MOST_DAYS_BY_DAY = 100;

export function intervalFor(fromS: number, toS: number): IntervalName {
  const days = (toS - fromS) / LEVEL_SECONDS.day;
  if (days <= MOST_DAYS_BY_HOUR) return 'hour';
  return days <= MOST_DAYS_BY_DAY ? 'day' : 'month';
}

/** The interval in which a time lies. */
export function intervalAt(
  interval: IntervalName,
  timeS: number,
  clock: ZoneClock,
): readonly [fromS: number, toS: number] {
  if (interval === 'hour') {
    const startS = clock.hourStart(timeS);
    return [startS, startS + LEVEL_SECONDS.hour];
  }
  const { fromS, toS } = periodAt(interval, timeS, clock);
  return [fromS, toS];
}

/** The intervals from one time to another, the first and the last cut there. */
export function intervalsIn(
  interval: IntervalName,
  fromS: number,
  toS: number,
  clock: ZoneClock,
): { readonly startS: number; readonly seconds: number }[] {
  const intervals: { startS: number; seconds: number }[] = [];
  for (let timeS = fromS; timeS < toS;) {
    const [, next] = intervalAt(interval, timeS, clock);
    intervals.push({ startS: timeS, seconds: Math.min(next, toS) - timeS });
    timeS = next;
  }
  return intervals;
}
