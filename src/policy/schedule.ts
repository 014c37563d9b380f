/**
 * A weekly schedule in local time of a zone: open on its days from `from` until before `to`. A window whose end is at
 * or before its start runs past midnight and belongs to the day on which it began. An hour that a change of the clocks
 * repeats is open twice; one that it skips is never open.
 *
 * A call of Intl takes microseconds, so the answer is cached together with the span of packet time for which it holds.
 * A span is at most a day long: within a day a zone changes its offset at most once, and the span ends there.
 */
import { ZoneOffset } from '../core/zone-offset.ts';

export const DAY_NAMES = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const MINUTES_PER_DAY = 1440;
const MS_PER_MINUTE = 60_000;
const MS_PER_DAY = MINUTES_PER_DAY * MS_PER_MINUTE;
const MICROS_PER_MS = 1000;
/** 1970-01-01 was a Thursday, day 3 of DAY_NAMES. */
const EPOCH_WEEKDAY = 3;

export class Schedule {
  readonly zone: string;
  /** Bit i: the window begins on day i of DAY_NAMES. */
  readonly days: number;
  /** Local minutes of the day; `to` may be 1440. */
  readonly from: number;
  readonly to: number;
  private readonly offset: ZoneOffset;
  /** The cached answer, and the packet times [spanFromUs, spanUntilUs) for which it holds. */
  private open = false;
  private spanFromUs = Infinity;
  private spanUntilUs = -Infinity;

  /** Throws RangeError for an unknown zone. */
  constructor(zone: string, days: number, from: number, to: number) {
    this.zone = zone;
    this.days = days;
    this.from = from;
    this.to = to;
    this.offset = new ZoneOffset(zone);
  }

  /** True when the schedule is open at packet time `timeUs`. */
  covers(timeUs: number): boolean {
    this.updateCache(timeUs);
    return this.open;
  }

  /**
   * A time after `timeUs`, at most a day later, before which the answer of `covers` does not change. It need not change
   * then.
   */
  nextBoundary(timeUs: number): number {
    this.updateCache(timeUs);
    return this.spanUntilUs;
  }

  /** Makes the cached span hold `timeUs`. */
  private updateCache(timeUs: number): void {
    if (timeUs >= this.spanFromUs && timeUs < this.spanUntilUs) return;
    const now = Math.floor(timeUs / MICROS_PER_MS);
    const offset = this.offset.at(now);
    const local = now + offset;
    this.open = this.coversLocally(local);
    const next = now + this.untilLocalBoundary(local);
    const end = this.offset.at(next) === offset ? next : this.offsetChange(now, next, offset);
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

  /** Milliseconds until the next edge of the window or midnight, whichever is first, in local time. */
  private untilLocalBoundary(local: number): number {
    const inDay = local - Math.floor(local / MS_PER_DAY) * MS_PER_DAY;
    let nearest = MS_PER_DAY;
    for (const edge of [this.from * MS_PER_MINUTE, this.to * MS_PER_MINUTE]) {
      if (edge > inDay && edge < nearest) nearest = edge;
    }
    return nearest - inDay;
  }

  /** The first millisecond after `before` at which the offset is not `offset`. It has changed by `after`. */
  private offsetChange(before: number, after: number, offset: number): number {
    let low = before;
    let high = after;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.offset.at(middle) === offset) low = middle;
      else high = middle;
    }
    return high;
  }
}

/** The minute of the day of `08:30` or `24:00`; NaN for any other text. */
export function parseMinute(text: string): number {
  const match = /^(\d{2}):(\d{2})$/.exec(text);
  if (match === null) return NaN;
  const minute = Number(match[1]) * 60 + Number(match[2]);
  return Number(match[2]) < 60 && minute <= MINUTES_PER_DAY ? minute : NaN;
}
