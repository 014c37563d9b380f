/**
 * Numbers that carry their unit in the type, so that seconds cannot be passed for microseconds.
 * All are plain numbers at run time.
 */

declare const unit: unique symbol;

/** Microseconds since 1970-01-01T00:00:00Z, packet time. Exact up to the year 2255 (2^53 µs). */
export type Micros = number & { readonly [unit]: 'micros since 1970' };

/** Bits per second. */
export type BitsPerSecond = number & { readonly [unit]: 'bits per second' };

/** Number of bytes. */
export type Bytes = number & { readonly [unit]: 'bytes' };

export const MICROS_PER_SECOND = 1_000_000;

/** Packet time from its number of microseconds since 1970. */
export function micros(value: number): Micros {
  return value as Micros;
}

/** Digits of a second from the fourth to the sixth. */
const BELOW_MILLISECONDS = /\.\d{3}(\d{3})/;

/** Packet time of an ISO 8601 text, to the microsecond; NaN where the text is no time. */
export function parseMicros(text: string): Micros {
  return micros(Date.parse(text) * 1000 + Number(BELOW_MILLISECONDS.exec(text)?.[1] ?? 0));
}

export const LATEST_DATE_MICROS = 8_640_000_000_000_000 * 1000;

/** ISO 8601 with six digits after the second, UTC: `2024-11-10T18:00:00.123456Z`. Clamped to the dates that exist. */
export function formatMicros(time: number): string {
  const clamped = Math.min(Math.max(time, 0), LATEST_DATE_MICROS);
  const milliseconds = Math.floor(clamped / 1000);
  const rest = Math.floor(clamped - milliseconds * 1000);
  const text = new Date(milliseconds).toISOString();
  return `${text.slice(0, -1)}${String(rest).padStart(3, '0')}Z`;
}
