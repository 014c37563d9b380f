/**
 * The points of a chart: intervals of a level, or several of them joined, cut by the clocks of a zone. Days have 23 or
 * 25 hours where the clocks change, and hours begin at half past where the zone says so.
 */
import type { Level } from '../roll-up.ts';
import type { ZoneClock } from '../zone-clock.ts';

/** How intervals are joined: so many minutes or hours, or the calendar's units. */
export type Step =
  | { readonly level: 'minute' | 'hour'; readonly seconds: number }
  | { readonly level: 'day'; readonly unit: 'day' | 'week' | 'month' | 'year' };

const SECONDS_PER_HOUR = 3600;
const SECONDS_PER_DAY = 86_400;
const MS_PER_SECOND = 1000;
/** 1970-01-01 was a Thursday. */
const MONDAY_OFFSET_DAYS = 3;
/** Nominal lengths, and a time from the beginning of one that is always in the next. */
const UNIT_SECONDS = { day: 86_400, week: 604_800, month: 2_629_800, year: 31_557_600 } as const;
const INTO_NEXT_DAYS = { day: 1, week: 7, month: 31, year: 366 } as const;

export const STEPS: readonly Step[] = [
  ...[1, 2, 5, 10, 15, 30].map((minutes) => ({ level: 'minute', seconds: minutes * 60 }) as const),
  ...[1, 2, 3, 6, 12].map((hours) => ({ level: 'hour', seconds: hours * SECONDS_PER_HOUR }) as const),
  ...(['day', 'week', 'month', 'year'] as const).map((unit) => ({ level: 'day', unit }) as const),
];

/** The usual length of a point, seconds. */
export function stepSeconds(step: Step): number {
  return step.level === 'day' ? UNIT_SECONDS[step.unit] : step.seconds;
}

export class PointGrid {
  readonly level: Level;
  private readonly step: Step;
  private readonly clock: ZoneClock;

  constructor(step: Step, clock: ZoneClock) {
    this.step = step;
    this.level = step.level;
    this.clock = clock;
  }

  /** The beginning of the point that a time is in. */
  startOf(timeS: number): number {
    const { step, clock } = this;
    if (step.level === 'day') return this.calendarStart(timeS, step.unit);
    return clock.blockStart(timeS, step.seconds);
  }

  /** The beginning of the point after the one that begins here. */
  after(startS: number): number {
    const { step } = this;
    const length = step.level === 'day' ? INTO_NEXT_DAYS[step.unit] * SECONDS_PER_DAY : step.seconds;
    for (let time = startS + length; ; time += SECONDS_PER_HOUR) {
      const next = this.startOf(time);
      if (next > startS) return next;
    }
  }

  /** Beginnings of the points that have a part of the span, and the end of the last. */
  pointsOf(fromS: number, toS: number): { readonly times: readonly number[]; readonly end: number } {
    const times: number[] = [];
    let time = this.startOf(fromS);
    for (; time < toS; time = this.after(time)) times.push(time);
    return { times, end: time };
  }

  private calendarStart(timeS: number, unit: keyof typeof UNIT_SECONDS): number {
    const { clock } = this;
    const day = clock.dayStart(timeS);
    if (unit === 'day') return day;
    // Any time of the day has its date.
    const date = Math.floor((day + clock.offsetAt(day)) / SECONDS_PER_DAY);
    if (unit === 'week') return clock.dateStart(date - ((date + MONDAY_OFFSET_DAYS) % 7));
    const at = new Date(date * SECONDS_PER_DAY * MS_PER_SECOND);
    const month = unit === 'month' ? at.getUTCMonth() : 0;
    return clock.dateStart(Date.UTC(at.getUTCFullYear(), month, 1) / MS_PER_SECOND / SECONDS_PER_DAY);
  }
}
