/**
 * Figures as a reader sees them: thousands separators, one digit after the point, units of 1000. Each is an element
 * `data` whose value is the figure as it is in the JSON of the same command.
 */
import { number, spanUnit } from '../../core/count-text.ts';
import { type Html, html } from './html.ts';

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
const BIT_RATE_UNITS = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'];
const STEP = 1000;
const MICROS_PER_SECOND = 1_000_000;
/** The least share that is not shown as less than it. */
const LEAST_SHARE = 0.0005;
/** `2024-11-30T18:00:00` without the fraction of a second. */
const TO_SECONDS = 19;

/** Clients of a group at least: a smaller group is not shown by its number. */
export const SMALLEST_GROUP = 5;

function data(value: number, text: string): Html {
  return html`<data value="${String(value)}">${text}</data>`;
}

export function count(value: number): Html {
  return data(value, number(value));
}

/** A count with its noun in the right number: `1 flow`, `2 flows`. */
export function counted(value: number, noun: string): Html {
  return html`${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** Clients of a group: a number below 5 is not said, except 0. */
export function clients(value: number): Html {
  return value > 0 && value < SMALLEST_GROUP ? html`&lt;5` : count(value);
}

/** A fraction as a percentage. */
export function percent(fraction: number): Html {
  const text = fraction > 0 && fraction < LEAST_SHARE ? '<0.1' : oneDigit(100 * fraction);
  return data(fraction, `${text} %`);
}

export function bytes(value: number): Html {
  return data(value, scaled(value, BYTE_UNITS));
}

/** A rate in bits per second. */
export function bitRate(value: number): Html {
  return data(value, scaled(value, BIT_RATE_UNITS));
}

/** A number with the first unit in which it is below 1000. */
function scaled(value: number, units: readonly string[]): string {
  let size = value;
  let unit = 0;
  // 999.96 would be shown as 1000.0.
  while (Math.round(size * 10) / 10 >= STEP && unit < units.length - 1) {
    size /= STEP;
    unit++;
  }
  return `${unit === 0 && Number.isInteger(size) ? String(size) : oneDigit(size)} ${units[unit]!}`;
}

/** A span of time in seconds, in its largest unit of which it has at least two. */
export function span(seconds: number): Html {
  const [size, noun] = spanUnit(seconds);
  const text = Number.isInteger(seconds / size) ? number(seconds / size) : oneDigit(seconds / size);
  return data(seconds, `${text} ${noun}${text === '1' ? '' : 's'}`);
}

function oneDigit(value: number): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

/** A delay in microseconds, as milliseconds below one second. */
export function delay(micros: number): Html {
  const seconds = micros / MICROS_PER_SECOND;
  return data(micros, seconds < 1 ? `${oneDigit(seconds * STEP)} ms` : `${oneDigit(seconds)} s`);
}

/** How many times as long: 1.4 is 40 percent longer. */
export function factor(value: number): Html {
  return data(value, `${oneDigit(value)} ×`);
}

/** Seconds with one digit after the point. */
export function seconds(value: number): Html {
  return data(value, `${oneDigit(value)} s`);
}

/** A time of the JSON (ISO 8601, UTC) to the second: `2024-11-30 18:00:00`. */
export function time(iso: string): Html {
  return html`<time datetime="${iso}">${plainTime(iso)}</time>`;
}

export function plainTime(iso: string): string {
  return iso.slice(0, TO_SECONDS).replace('T', ' ');
}
