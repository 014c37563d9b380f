/** The beginnings of hours and days in a time zone. A call of Intl takes microseconds, so offsets are cached. */
import { ZoneOffset } from '../core/zone-offset.ts';

const SECONDS_PER_MINUTE = 60;
const SECONDS_PER_HOUR = 3600;
const SECONDS_PER_DAY = 86_400;
const MS_PER_SECOND = 1000;
/** Zones change their offset at multiples of it. */
const STEP = 900;
const CACHE_LIMIT = 4096;

export class ZoneClock {
  readonly zone: string;
  private readonly offset: ZoneOffset;
  private readonly offsets = new Map<number, number>();

  /** Throws RangeError for an unknown zone. */
  constructor(zone: string) {
    this.zone = zone;
    this.offset = new ZoneOffset(zone);
  }

  /** Seconds east of UTC at a time, seconds since 1970. */
  offsetAt(timeS: number): number {
    const step = Math.floor(timeS / STEP);
    let offset = this.offsets.get(step);
    if (offset === undefined) {
      if (this.offsets.size === CACHE_LIMIT) this.offsets.clear();
      offset = this.offset.at(step * STEP * MS_PER_SECOND) / MS_PER_SECOND;
      this.offsets.set(step, offset);
    }
    return offset;
  }

  /** ISO 8601 with the offset of the zone: `2026-03-01T05:00:00+05:00`. */
  isoTime(timeS: number): string {
    const offset = this.offsetAt(timeS);
    const local = new Date((timeS + offset) * MS_PER_SECOND).toISOString().slice(0, -'.000Z'.length);
    const minutes = Math.floor(Math.abs(offset) / SECONDS_PER_MINUTE);
    const parts = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0'));
    return `${local}${offset < 0 ? '-' : '+'}${parts.join(':')}`;
  }

  hourStart(timeS: number): number {
    return this.blockStart(timeS, SECONDS_PER_HOUR);
  }

  /**
   * The beginning of the block that a time is in, where a day of the clocks is cut into blocks of so many seconds. An
   * hour that the clocks show twice is in two blocks, unless blocks are longer than that.
   */
  blockStart(timeS: number, seconds: number): number {
    const offset = this.offsetAt(timeS);
    const local = Math.floor((timeS + offset) / seconds) * seconds;
    if (seconds > SECONDS_PER_HOUR) return Math.min(this.firstAt(local), timeS);
    // The offset may have changed since the block began.
    return Math.min(local - this.offsetAt(local - offset), timeS);
  }

  /** The first second of the day; where midnight is skipped, the first one after it. */
  dayStart(timeS: number): number {
    return Math.min(this.dateStart(Math.floor((timeS + this.offsetAt(timeS)) / SECONDS_PER_DAY)), timeS);
  }

  /** The first second of a date, days since 1970-01-01. */
  dateStart(date: number): number {
    return this.firstAt(date * SECONDS_PER_DAY);
  }

  /**
   * The first second at which the clocks show this or, where they skip it, a later time; seconds since 1970 by them.
   */
  private firstAt(local: number): number {
    const offsets = [this.offsetAt(local - SECONDS_PER_DAY), this.offsetAt(local + SECONDS_PER_DAY)];
    const starts = offsets.map((offset) => local - offset).sort((a, b) => a - b);
    return starts.find((start) => start + this.offsetAt(start) >= local) ?? starts[1]!;
  }
}
