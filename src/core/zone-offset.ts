/** The offset of a time zone from UTC, by the database of zones in Node. A call takes microseconds: callers cache. */

const MS_PER_SECOND = 1000;

export class ZoneOffset {
  private readonly format: Intl.DateTimeFormat;

  /** Throws RangeError for an unknown zone. */
  constructor(zone: string) {
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

  /** Local time minus UTC, milliseconds, at a time in milliseconds since 1970. */
  at(ms: number): number {
    const shown: Record<string, number> = {};
    for (const { type, value } of this.format.formatToParts(ms)) shown[type] = Number(value);
    const { year, month, day, hour, minute, second } = shown;
    return Date.UTC(year!, month! - 1, day, hour, minute, second) - Math.floor(ms / MS_PER_SECOND) * MS_PER_SECOND;
  }
}
