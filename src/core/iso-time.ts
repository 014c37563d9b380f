/**
 * The dates and times that people write in a registry or a policy: ISO 8601 calendar dates, and instants as RFC 3339
 * writes them. `Date.parse` alone takes far more (`1`, `2024-02-30T00:00Z`, local time without a zone); these do not.
 * Leap seconds (`:60`) are refused, like years outside 1970 to 2200: packet time is exact only near there.
 */
import type { Micros } from './units.ts';
import { micros } from './units.ts';

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const INSTANT = /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?(Z|[+-]\d{2}:\d{2})$/;
const EARLIEST_YEAR = 1970;
const LATEST_YEAR = 2200;

export const MICROS_PER_DAY = 86_400_000_000;
const MICROS_PER_MINUTE = 60_000_000;

/** Start of a day, UTC, of a text like `2024-11-30`; NaN where the text is no date that exists. */
export function parseDate(text: string): Micros {
  const match = DATE.exec(text);
  if (match === null) return micros(NaN);
  const year = Number(match[1]);
  const month = Number(match[2]);
  const day = Number(match[3]);
  if (year < EARLIEST_YEAR || year > LATEST_YEAR) return micros(NaN);
  const start = new Date(Date.UTC(year, month - 1, day));
  // Date.UTC carries the 30th of February over into March.
  if (start.getUTCMonth() !== month - 1 || start.getUTCDate() !== day) return micros(NaN);
  return micros(start.getTime() * 1000);
}

/** Instant of a text like `2024-11-30T23:59:59+05:00` or `…59.5Z`; NaN where it is none, or has no zone. */
export function parseInstant(text: string): Micros {
  const match = INSTANT.exec(text);
  if (match === null) return micros(NaN);
  const day = parseDate(match[1]!);
  const hour = Number(match[2]);
  const minute = Number(match[3]);
  const second = Number(match[4] ?? 0);
  if (Number.isNaN(day) || hour > 23 || minute > 59 || second > 59) return micros(NaN);
  const offsetMinutes = parseZone(match[6]!);
  const fraction = Number((match[5] ?? '').padEnd(6, '0'));
  const inDay = (hour * 60 + minute - offsetMinutes) * MICROS_PER_MINUTE + second * 1_000_000 + fraction;
  return micros(day + inDay);
}

/** Minutes east of UTC of `Z` or `+05:00`; NaN past a day. */
function parseZone(text: string): number {
  if (text === 'Z') return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = Number(text.slice(4, 6));
  if (hours > 23 || minutes > 59) return NaN;
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}
