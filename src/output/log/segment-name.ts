/**
 * Names of a log's closed segments: LOG.TIME, with the UTC time at which it was closed, in milliseconds. They sort in
 * the order in which segments were closed: one that is closed within the same millisecond, or after the clock was set
 * back, is named by the millisecond after the last one.
 */

const TIME = /^\.(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/;

export function segmentName(log: string, time: Date): string {
  return `${log}.${time.toISOString().replace(/[-:]/g, '').replace('.', '')}`;
}

/** The time in the name of a closed segment, ms since 1970. */
export function segmentMs(log: string, name: string): number {
  const [, year, month, day, hours, minutes, seconds, ms] = TIME.exec(name.slice(log.length))!;
  return Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}.${ms}Z`);
}

/** Whether `name` is a closed segment of the log `log`; both without a folder. */
export function isSegmentOf(log: string, name: string): boolean {
  return name.startsWith(log) && TIME.test(name.slice(log.length));
}
