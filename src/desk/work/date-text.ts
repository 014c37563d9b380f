/** Days as texts like 2026-11-30, UTC, as the registry has them. */

const LENGTH = 10;

/** The day of a time. */
export function dateOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, LENGTH);
}

export function dayBefore(date: string): string {
  return dateOf(Date.parse(date) - 1);
}
