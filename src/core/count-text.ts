/** Counts as people read them, in text and in pages. */

const THOUSANDS = /\B(?=(?:\d{3})+$)/g;

/** With thousands separators: `1,234`. Whole numbers do without the tables of languages, which take 3 ms to load. */
export function number(value: number): string {
  return Number.isSafeInteger(value) ? String(value).replace(THOUSANDS, ',') : value.toLocaleString('en-US');
}

/** With its noun in the right number: `1 flow`, `1,234 flows`. */
export function counted(value: number, noun: string): string {
  return `${number(value)} ${noun}${value === 1 ? '' : 's'}`;
}

const SPANS = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const;

/** The largest unit of which a span of time has at least two, or seconds: its length in seconds, and its noun. */
export function spanUnit(seconds: number): readonly [size: number, noun: string] {
  return SPANS.find(([least]) => seconds >= 2 * least) ?? SPANS.at(-1)!;
}
