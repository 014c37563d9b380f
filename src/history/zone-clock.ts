/** The beginnings of hours and days in a time zone. A call of Intl takes microseconds, so offsets are cached. */

const SECONDS_PER_HOUR = 3600;
const SECONDS_PER_DAY = 86_400;
const MS_PER_SECOND = 1000;
/** Zones change their offset at multiples of it. */
const STEP = 900;
const CACHE_LIMIT = 4096;

export class ZoneClock {
  readonly zone: string;
  private readonly format: Intl.DateTimeFormat;
  private readonly offsets = new Map<number, number>();

  /** Throws RangeError for an unknown zone. */
  constructor(zone: string) {
    this.zone = zone;
    this.format = new Intl.DateTimeFormat('en-US', {
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

  /** Seconds east of UTC at a time, seconds since 1970. */
  offsetAt(timeS: number): number {
    const step = Math.floor(timeS / STEP);
    let offset = this.offsets.get(step);
    if (offset === undefined) {
      if (this.offsets.size === CACHE_LIMIT) this.offsets.clear();
      offset = this.computeOffset(step * STEP);
      this.offsets.set(step, offset);
    }
    return offset;
  }

  hourStart(timeS: number): number {
    const offset = this.offsetAt(timeS);
    return Math.floor((timeS + offset) / SECONDS_PER_HOUR) * SECONDS_PER_HOUR - offset;
  }

  /** The first second of the day; where midnight is skipped, the first one after it. */
  dayStart(timeS: number): number {
    const midnight = Math.floor((timeS + this.offsetAt(timeS)) / SECONDS_PER_DAY) * SECONDS_PER_DAY;
    const guess = midnight - this.offsetAt(timeS);
    return Math.min(midnight - this.offsetAt(guess), timeS);
  }

  private computeOffset(timeS: number): number {
    const parts: Record<string, number> = {};
    for (const { type, value } of this.format.formatToParts(timeS * MS_PER_SECOND)) parts[type] = Number(value);
    const { year, month, day, hour, minute, second } = parts;
    return Date.UTC(year!, month! - 1, day, hour, minute, second) / MS_PER_SECOND - timeS;
  }
}
