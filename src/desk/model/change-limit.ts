/**
 * One person may change at most 50 registrations within 24 hours, however the changes are cut up. Beyond that another
 * reviewer must release more, for a number and for 24 hours.
 */

export const MOST_CHANGES = 50;
export const CHANGE_WINDOW_MS = 24 * 3_600_000;
export const LARGEST_RELEASE = 100_000;

/** The registrations that may still be changed. */
export function changesLeft(changed: number, released: number): number {
  return Math.max(0, MOST_CHANGES + released - changed);
}

/** Null where so many more registrations may be changed; else what to do. */
export function limitRefusal(wanted: number, changed: number, released: number): string | null {
  const left = changesLeft(changed, released);
  if (wanted <= left) return null;
  return (
    `one person changes at most ${MOST_CHANGES} registrations in 24 hours; ${changed} are changed, ` +
    `and ${wanted} more would be too many: another reviewer must release more (Limits)`
  );
}
