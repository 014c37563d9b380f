/**
 * The calendar periods of reports, cut in the zone of the site: days, weeks from Monday on (ISO 8601), months, quarters
 * and years. A period has a name, like `2024-11-24`, `2024-W47`, `2024-11`, `2024-Q4` or `2024`.
 */
import type { ZoneClock } from '../zone-clock.ts';

export const PERIOD_KINDS = ['day', 'week', 'month', 'quarter', 'year'] as const;
export type PeriodKind = (typeof PERIOD_KINDS)[number];

export interface Period {
  /** `span` for one that is none of the calendar. */
  readonly kind: PeriodKind | 'span';
  readonly name: string;
  /** Seconds since 1970; `toS` is the first second after it. */
  readonly fromS: number;
  readonly toS: number;
}

/** A date of the calendar; months count from 1. */
interface CalendarDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

const SECONDS_PER_DAY = 86_400;
const NOON_S = SECONDS_PER_DAY / 2;
const MS_PER_SECOND = 1000;
const DAYS_PER_WEEK = 7;
const MONTHS_PER_QUARTER = 3;
const THURSDAY = 3;
const EARLIEST_YEAR = 1970;
const LATEST_YEAR = 2200;
const NAME = /^(\d{4})(?:-(?:(\d{2})(?:-(\d{2}))?|W(\d{2})|Q([1-4])))?$/;

/** The period of a name; null for one that does not exist. */
export function parsePeriod(name: string, clock: ZoneClock): Period | null {
  const match = NAME.exec(name);
  if (match === null) return null;
  const [year, month, day, week, quarter] = match.slice(1).map(Number) as [number, number, number, number, number];
  if (year < EARLIEST_YEAR || year > LATEST_YEAR) return null;
  const [kind, date] = dateOf(year, { month, day, week, quarter });
  const period = periodAt(kind, dayStart(date, clock), clock);
  // A day that the calendar does not have is carried over into the next month, and has another name.
  return period.name === name && period.toS > period.fromS ? period : null;
}

function dateOf(
  year: number,
  { month, day, week, quarter }: Readonly<Record<'month' | 'day' | 'week' | 'quarter', number>>,
): readonly [PeriodKind, CalendarDate] {
  if (!Number.isNaN(day)) return ['day', { year, month, day }];
  if (!Number.isNaN(month)) return ['month', { year, month, day: 1 }];
  if (!Number.isNaN(quarter)) return ['quarter', { year, month: (quarter - 1) * MONTHS_PER_QUARTER + 1, day: 1 }];
  if (Number.isNaN(week)) return ['year', { year, month: 1, day: 1 }];
  // The 4th of January is always in the first week.
  const monday = addDays({ year, month: 1, day: 4 }, -weekday({ year, month: 1, day: 4 }));
  return ['week', addDays(monday, (week - 1) * DAYS_PER_WEEK)];
}

/** The period of a kind in which a time lies. */
export function periodAt(kind: PeriodKind, timeS: number, clock: ZoneClock): Period {
  const date = localDate(timeS, clock);
  const first = firstDay(kind, date);
  const fromS = dayStart(first, clock);
  const toS = dayStart(dayAfter(kind, first), clock);
  return { kind, name: nameOf(kind, first), fromS, toS };
}

function firstDay(kind: PeriodKind, { year, month, day }: CalendarDate): CalendarDate {
  switch (kind) {
    case 'day':
      return { year, month, day };
    case 'week':
      return addDays({ year, month, day }, -weekday({ year, month, day }));
    case 'month':
      return { year, month, day: 1 };
    case 'quarter':
      return { year, month: month - ((month - 1) % MONTHS_PER_QUARTER), day: 1 };
    case 'year':
      return { year, month: 1, day: 1 };
  }
}

function dayAfter(kind: PeriodKind, { year, month, day }: CalendarDate): CalendarDate {
  switch (kind) {
    case 'day':
      return addDays({ year, month, day }, 1);
    case 'week':
      return addDays({ year, month, day }, DAYS_PER_WEEK);
    case 'month':
      return calendarDate(Date.UTC(year, month, 1));
    case 'quarter':
      return calendarDate(Date.UTC(year, month - 1 + MONTHS_PER_QUARTER, 1));
    case 'year':
      return { year: year + 1, month: 1, day: 1 };
  }
}

function nameOf(kind: PeriodKind, first: CalendarDate): string {
  const { year, month, day } = first;
  const two = (value: number): string => String(value).padStart(2, '0');
  switch (kind) {
    case 'day':
      return `${year}-${two(month)}-${two(day)}`;
    case 'week': {
      // A week belongs to the year of its Thursday.
      const thursday = addDays(first, THURSDAY);
      const days = (utcMs(thursday) - Date.UTC(thursday.year, 0, 1)) / MS_PER_SECOND / SECONDS_PER_DAY;
      return `${thursday.year}-W${two(Math.floor(days / DAYS_PER_WEEK) + 1)}`;
    }
    case 'month':
      return `${year}-${two(month)}`;
    case 'quarter':
      return `${year}-Q${Math.floor((month - 1) / MONTHS_PER_QUARTER) + 1}`;
    case 'year':
      return String(year);
  }
}

/** The first second of a date in the zone. */
function dayStart(date: CalendarDate, clock: ZoneClock): number {
  const noonAsUtc = utcMs(date) / MS_PER_SECOND + NOON_S;
  const noon = noonAsUtc - clock.offsetAt(noonAsUtc - clock.offsetAt(noonAsUtc));
  return clock.dayStart(noon);
}

function localDate(timeS: number, clock: ZoneClock): CalendarDate {
  return calendarDate((timeS + clock.offsetAt(timeS)) * MS_PER_SECOND);
}

function addDays(date: CalendarDate, days: number): CalendarDate {
  return calendarDate(utcMs(date) + days * SECONDS_PER_DAY * MS_PER_SECOND);
}

/** Days since Monday. */
function weekday(date: CalendarDate): number {
  return (new Date(utcMs(date)).getUTCDay() + 6) % DAYS_PER_WEEK;
}

function utcMs({ year, month, day }: CalendarDate): number {
  return Date.UTC(year, month - 1, day);
}

function calendarDate(ms: number): CalendarDate {
  const date = new Date(ms);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}
