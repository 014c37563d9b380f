/**
 * A weekly schedule: open while the clock on the wall of a time zone shows, on one of the days, a time from `from` to before `to`. A window
 * that ends at or before its start runs past midnight and belongs to the day it began on. An hour that a change of the clocks repeats is
 * therefore open twice, and one that it skips never.
 *
 * Asking Intl costs microseconds, so the answer is kept together with the span of packet time that it holds for. A span is no longer than a day:
 * within a day a zone changes its offset once at most, and where it does the span ends there.
 */

export const DAY_NAMES = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const MINUTES_PER_DAY = 1440;
const MS_PER_MINUTE = 60_000;
const MS_PER_DAY = MINUTES_PER_DAY * MS_PER_MINUTE;
const MICROS_PER_MS = 1000;
/** 1970-01-01 was a Thursday: three days after a Monday. */
const EPOCH_WEEKDAY = 3;

export class Schedule {
  readonly zone: string;
  /** Bit i: the window begins on day i of DAY_NAMES. */
  readonly days: number;
  /** Local minutes of the day; `to` may be 1440. */
  readonly from: number;
  readonly to: number;
  private readonly clock: Intl.DateTimeFormat;
  /** The last answer, and the packet times [spanFromUs, spanUntilUs) that it holds for. */
  private open = false;
  private spanFromUs = Infinity;
  private spanUntilUs = -Infinity;

  /** Throws RangeError where the zone is unknown. */
  constructor(zone: string, days: number, from: number, to: number) {
    this.zone = zone;
    this.days = days;
    this.from = from;
    this.to = to;
    this.clock = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** True when packet time `timeUs` lies inside. */
  covers(timeUs: number): boolean {
    this.settle(timeUs);
    return this.open;
  }

  /** A time after `timeUs`, a day later at most, before which `covers` does not change its answer. It need not change then. */
  nextBoundary(timeUs: number): number {
    this.settle(timeUs);
    return this.spanUntilUs;
  }

  /** Moves the span so that it holds `timeUs`. */
  private settle(timeUs: number): void {
    if (timeUs >= this.spanFromUs && timeUs < this.spanUntilUs) return;
    const now = Math.floor(timeUs / MICROS_PER_MS);
    const offset = this.offsetAt(now);
    const local = now + offset;
    this.open = this.coversLocally(local);
    const next = now + this.untilLocalBoundary(local);
    const end = this.offsetAt(next) === offset ? next : this.offsetChange(now, next, offset);
    this.spanFromUs = timeUs;
    this.spanUntilUs = end * MICROS_PER_MS;
  }

  private coversLocally(local: number): boolean {
    const day = Math.floor(local / MS_PER_DAY);
    const minute = (local - day * MS_PER_DAY) / MS_PER_MINUTE;
    if (this.from < this.to) return this.hasDay(day) && minute >= this.from && minute < this.to;
    return (this.hasDay(day) && minute >= this.from) || (this.hasDay(day - 1) && minute < this.to);
  }

  private hasDay(daysSince1970: number): boolean {
    const weekday = (((daysSince1970 + EPOCH_WEEKDAY) % 7) + 7) % 7;
    return ((this.days >> weekday) & 1) !== 0;
  }

  /** Milliseconds until the local clock next shows an edge of the window, or midnight. */
  private untilLocalBoundary(local: number): number {
    const inDay = local - Math.floor(local / MS_PER_DAY) * MS_PER_DAY;
    let nearest = MS_PER_DAY;
    for (const edge of [this.from * MS_PER_MINUTE, this.to * MS_PER_MINUTE]) {
      if (edge > inDay && edge < nearest) nearest = edge;
    }
    return nearest - inDay;
  }

  /** The first millisecond after `before` at which the offset is no longer `offset`; by `after` it has changed. */
  private offsetChange(before: number, after: number, offset: number): number {
    let low = before;
    let high = after;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.offsetAt(middle) === offset) low = middle;
      else high = middle;
    }
    return high;
  }

  /** The local clock minus UTC, milliseconds. */
  private offsetAt(ms: number): number {
    const shown = new Map<string, number>();
    for (const { type, value } of this.clock.formatToParts(ms)) shown.set(type, Number(value));
    const [year, month, day, hour, minute, second] = ['year', 'month', 'day', 'hour', 'minute', 'second'].map((type) =>
      shown.get(type)!,
    );
    return Date.UTC(year!, month! - 1, day, hour, minute, second) - Math.floor(ms / 1000) * 1000;
  }
}

/** Local minute of the day of `08:30` or `24:00`; NaN where the text is no such time. */
export function parseMinute(text: string): number {
  const match = /^(\d{2}):(\d{2})$/.exec(text);
  if (match === null) return NaN;
  const minute = Number(match[1]) * 60 + Number(match[2]);
  return Number(match[2]) < 60 && minute <= MINUTES_PER_DAY ? minute : NaN;
}
