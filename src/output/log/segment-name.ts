/** Names of a log's closed segments: LOG.TIME, with the UTC time at which it was closed, in milliseconds. */

const TIME = /^\.\d{8}T\d{9}Z$/;

export function segmentName(log: string, time: Date): string {
  return `${log}.${time.toISOString().replace(/[-:]/g, '').replace('.', '')}`;
}

/** Whether `name` is a closed segment of the log `log`; both without a folder. */
export function isSegmentOf(log: string, name: string): boolean {
  return name.startsWith(log) && TIME.test(name.slice(log.length));
}
