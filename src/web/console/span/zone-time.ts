/** Between times and what a field for local time holds, in the site's zone. */
import { ZoneClock } from '../../../history/zone-clock.ts';

const MS_PER_SECOND = 1000;
const MINUTE_LENGTH = 'yyyy-mm-ddThh:mm'.length;

/** Seconds since 1970 as `2026-11-29T18:05` in a zone. */
export function localText(timeS: number, zone: string): string {
  const local = timeS + new ZoneClock(zone).offsetAt(timeS);
  return new Date(local * MS_PER_SECOND).toISOString().slice(0, MINUTE_LENGTH);
}

/**
 * Seconds since 1970 of a local time; null for a text that is none. A time that the zone has twice is its first; one
 * that it skips is as long after the change as it is past it.
 */
export function timeOfLocal(local: string, zone: string): number | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(local)) return null;
  const asUtc = Date.parse(`${local.slice(0, MINUTE_LENGTH)}Z`) / MS_PER_SECOND;
  if (Number.isNaN(asUtc)) return null;
  const clock = new ZoneClock(zone);
  const day = 86_400;
  const candidates = [asUtc - clock.offsetAt(asUtc - day), asUtc - clock.offsetAt(asUtc + day)];
  return candidates.find((time) => time + clock.offsetAt(time) === asUtc) ?? candidates[0]!;
}
