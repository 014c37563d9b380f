/** Times as the readers of a report see them, in the zone of the site. */
import type { ZoneClock } from '../zone-clock.ts';

const MS_PER_SECOND = 1000;
const SECONDS_PER_MINUTE = 60;
const MINUTES_PER_HOUR = 60;
const TO_MINUTES = 16;

/** `2024-11-24 18:05`. */
export function localTime(timeS: number, clock: ZoneClock): string {
  return localIso(timeS, clock).slice(0, TO_MINUTES).replace('T', ' ');
}

/** ISO 8601 with the offset of the zone, like `2024-11-24T18:05:00+05:00`. */
export function localIso(timeS: number, clock: ZoneClock): string {
  const offset = clock.offsetAt(timeS);
  const text = new Date((Math.floor(timeS) + offset) * MS_PER_SECOND).toISOString();
  return `${text.slice(0, -'.000Z'.length)}${offsetText(offset)}`;
}

/** `Asia/Karachi, UTC+05:00`; with both offsets where they differ in the span. */
export function zoneText(fromS: number, toS: number, clock: ZoneClock): string {
  const offsets = new Set([clock.offsetAt(fromS), clock.offsetAt(Math.max(fromS, toS - 1))]);
  return `${clock.zone}, ${[...offsets].map((offset) => `UTC${offsetText(offset)}`).join(' and ')}`;
}

function offsetText(offsetS: number): string {
  const minutes = Math.round(Math.abs(offsetS) / SECONDS_PER_MINUTE);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${offsetS < 0 ? '-' : '+'}${two(Math.floor(minutes / MINUTES_PER_HOUR))}:${two(minutes % MINUTES_PER_HOUR)}`;
}
