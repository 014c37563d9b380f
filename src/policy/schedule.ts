/**
 * A weekly schedule: on these days, from this local time to that, in a time zone. A window that ends at or before its start
 * runs past midnight and belongs to the day it began on. Local times that a change of the clocks skips or repeats follow the
 * zone's own rules, as Intl knows them.
 *
 * Whether a time lies inside is asked per decision, not per packet: the answer is kept together with the minute until which
 * it holds.
 */

export const DAY_NAMES = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const MINUTE_US = 60_000_000;
const MINUTES_PER_DAY = 1440;
/** Windows begin and end on whole minutes; zones are offset by whole quarters of an hour for all of packet time. */
const LOOKAHEAD_MINUTES = 8 * MINUTES_PER_DAY;

export class Schedule {
  readonly zone: string;
  /** Bit i: the window begins on day i of DAY_NAMES. */
  readonly days: number;
  /** Local minutes of the day; `to` may be 1440. */
  readonly from: number;
  readonly to: number;
  private readonly clock: Intl.DateTimeFormat;

  /** Throws RangeError where the zone is unknown. */
  constructor(zone: string, days: number, from: number, to: number) {
    this.zone = zone;
    this.days = days;
    this.from = from;
    this.to = to;
    this.clock = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  }

  /** True when packet time `timeUs` lies inside. */
  covers(timeUs: number): boolean {
    const { day, minute } = this.local(timeUs);
    if (this.from < this.to) return this.hasDay(day) && minute >= this.from && minute < this.to;
    return (this.hasDay(day) && minute >= this.from) || (this.hasDay((day + 6) % 7) && minute < this.to);
  }

  /** The first time after `timeUs` at which `covers` answers otherwise; Infinity where it always answers the same. */
  nextChange(timeUs: number): number {
    const now = this.covers(timeUs);
    const start = (Math.floor(timeUs / MINUTE_US) + 1) * MINUTE_US;
    // Steps of an hour find the window, steps of a minute its edge; windows are longer than an hour or found by the minute.
    const shortest = this.from < this.to ? this.to - this.from : MINUTES_PER_DAY - this.from + this.to;
    const stride = Math.max(1, Math.min(60, shortest, MINUTES_PER_DAY - shortest || 1));
    for (let ahead = 0; ahead <= LOOKAHEAD_MINUTES; ahead += stride) {
      if (this.covers(start + ahead * MINUTE_US) === now) continue;
      let edge = ahead;
      while (edge > 0 && this.covers(start + (edge - 1) * MINUTE_US) !== now) edge--;
      return start + edge * MINUTE_US;
    }
    return Infinity;
  }

  private hasDay(day: number): boolean {
    return (this.days & (1 << day)) !== 0;
  }

  private local(timeUs: number): { day: number; minute: number } {
    const parts = this.clock.formatToParts(new Date(timeUs / 1000));
    const value = (type: string): string => parts.find((part) => part.type === type)?.value ?? '';
    const day = (DAY_NAMES as readonly string[]).indexOf(value('weekday').toLowerCase());
    return { day, minute: Number(value('hour')) * 60 + Number(value('minute')) };
  }
}

/** Local minute of the day of `08:30` or `24:00`; NaN where the text is no such time. */
export function parseMinute(text: string): number {
  const match = /^(\d{2}):(\d{2})$/.exec(text);
  if (match === null) return NaN;
  const minute = Number(match[1]) * 60 + Number(match[2]);
  return Number(match[2]) < 60 && minute <= MINUTES_PER_DAY ? minute : NaN;
}
