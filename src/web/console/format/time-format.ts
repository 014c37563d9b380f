/** Times in the site's zone. A text with a time names the zone, or its table's column does. */
import { text } from '../text/catalogue.ts';

const { units } = text;
const formats = new Map<string, Intl.DateTimeFormat>();

const DAY = { day: 'numeric', month: 'short', year: 'numeric' } as const;
const MINUTE = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
const SECOND = { ...MINUTE, second: '2-digit' } as const;

/** `29 Nov 2026`. */
export function day(ms: number | null, zone: string): string {
  return written(ms, zone, 'day', DAY);
}

/** `29 Nov`. */
export function dayOfMonth(ms: number, zone: string): string {
  return written(ms, zone, 'dayOfMonth', { day: 'numeric', month: 'short' });
}

/** `Nov`. */
export function month(ms: number, zone: string): string {
  return written(ms, zone, 'month', { month: 'short' });
}

/** `2026`. */
export function year(ms: number, zone: string): string {
  return written(ms, zone, 'year', { year: 'numeric' });
}

/** `29 Nov 2026, 18:05 to 18:10`: for a place that names the zone. */
export function timeRange(fromMs: number, toMs: number, zone: string): string {
  const end = day(fromMs, zone) === day(toMs, zone) ? clock(toMs, zone) : time(toMs, zone);
  return text.component.span.chosen(time(fromMs, zone), end);
}

/** `18:05`. */
export function clock(ms: number | null, zone: string): string {
  return written(ms, zone, 'clock', MINUTE);
}

/** `18:05:30`. */
export function clockWithSeconds(ms: number | null, zone: string): string {
  return written(ms, zone, 'seconds', SECOND);
}

/** `29 Nov 2026, 18:05`: for a column whose heading names the zone. */
export function time(ms: number | null, zone: string): string {
  return written(ms, zone, 'time', { ...DAY, ...MINUTE });
}

/** `29 Nov 2026, 18:05:30`: for a column whose heading names the zone. */
export function timeWithSeconds(ms: number | null, zone: string): string {
  return written(ms, zone, 'timeSeconds', { ...DAY, ...SECOND });
}

/** `29 Nov 2026, 18:05 Asia/Tehran`. */
export function zonedTime(ms: number | null, zone: string): string {
  return ms === null ? units.missing : `${time(ms, zone)} ${zoneName(zone)}`;
}

/** `Sunday, 29 Nov 2026, 18:05:30 Asia/Tehran`. */
export function fullTime(ms: number | null, zone: string): string {
  if (ms === null) return units.missing;
  return `${written(ms, zone, 'full', { weekday: 'long', ...DAY, ...SECOND })} ${zoneName(zone)}`;
}

/** The zone as people read it: `Asia/Tehran`. */
export function zoneName(zone: string): string {
  return zone.replaceAll('_', ' ');
}

function written(ms: number | null, zone: string, name: string, options: Intl.DateTimeFormatOptions): string {
  if (ms === null) return units.missing;
  const key = `${name} ${zone}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(units.locale, { ...options, timeZone: zone });
    formats.set(key, format);
  }
  return format.format(ms);
}
