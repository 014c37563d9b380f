/** Numbers as the pages show them. A missing value is not 0: it is written as a dash. */
import { SMALLEST_GROUP } from '../../../core/small-group.ts';
import { text } from '../text/catalogue.ts';

const { units } = text;
const SMALLEST_PERCENT = 0.01;

/** With thousands separators: `12,345`. */
export function count(value: number | null): string {
  return value === null ? units.missing : value.toLocaleString(units.locale, { maximumFractionDigits: 0 });
}

/** In few characters, for axes and figures: `1.2 M`. */
export function shortCount(value: number | null): string {
  return value === null ? units.missing : scaled(value, units.large);
}

/** `1.2 GB`, in powers of 1000. */
export function bytes(value: number | null): string {
  return value === null ? units.missing : scaled(value, units.bytes);
}

/** A part of a whole: `0.02 %`; a dash if the whole is 0. */
export function share(part: number | null, whole: number | null): string {
  return part === null || whole === null || whole === 0 ? units.missing : percent(part / whole);
}

/** `fraction` from 0 to 1: `0 %`, `<0.01 %`, `0.02 %`, `12 %`. */
export function percent(fraction: number): string {
  const value = fraction * 100;
  if (value !== 0 && Math.abs(value) < SMALLEST_PERCENT) return `<${SMALLEST_PERCENT} ${units.percent}`;
  return `${digits(value)} ${units.percent}`;
}

/** A number of clients: groups of 1 to 4 are not told apart. */
export function clients(value: number | null): string {
  return value !== null && value > 0 && value < SMALLEST_GROUP ? `<${SMALLEST_GROUP}` : count(value);
}

/** The two largest units of a span in seconds: `3 d 4 h`, `12 min`, `1.5 s`, `20 ms`. */
export function span(seconds: number | null): string {
  if (seconds === null) return units.missing;
  if (seconds < 1) return seconds === 0 ? `0 ${units.spans[3][1]}` : `${digits(seconds * 1000)} ${units.milliseconds}`;
  const first = units.spans.findIndex(([size]) => seconds >= size);
  const [size, unit] = units.spans[first]!;
  const next = units.spans[first + 1];
  if (next === undefined) return `${digits(seconds)} ${unit}`;
  const rest = Math.floor((seconds % size) / next[0]);
  return `${Math.floor(seconds / size)} ${unit}${rest === 0 ? '' : ` ${rest} ${next[1]}`}`;
}

/** In words, in the largest unit of which it is a whole number: `3 days`, `90 minutes`, `1 hour`. */
export function spanInWords(seconds: number): string {
  const [size, , one, many] =
    units.spans.find(([length]) => seconds >= length && seconds % length === 0) ?? units.spans[3];
  const number = Math.round(seconds / size);
  return `${count(number)} ${number === 1 ? one : many}`;
}

function scaled(value: number, names: readonly string[]): string {
  let rest = Math.abs(value);
  let at = 0;
  while (rest >= 999.5 && at < names.length - 1) {
    rest /= 1000;
    at++;
  }
  const number = digits(value < 0 ? -rest : rest);
  return names[at] === '' ? number : `${number} ${names[at]!}`;
}

/** With at most three significant digits, and at most two after the point. */
function digits(value: number): string {
  const size = Math.abs(value);
  const maximumFractionDigits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return value.toLocaleString(units.locale, { maximumFractionDigits });
}
