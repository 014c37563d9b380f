/**
 * Minutes and changes as lines of JSON, as a sensor's history goes to a fleet. A minute of many series is several
 * lines, whose counts are added. Hours and days are left out: the reader cuts them in its own zone. Lines come from
 * other machines, so every field is checked when it is read.
 */
import * as z from 'zod/mini';
import { ClientSketch } from '../client-sketch.ts';
import {
  type Change,
  COVERAGE_COUNTS,
  COVERAGE_LARGEST,
  type Coverage,
  type Minute,
  SERIES_COUNTS,
  SERIES_NAMES,
  type SeriesKey,
} from '../roll-up.ts';
import type { ZoneClock } from '../zone-clock.ts';

/** Series of a line: with them it stays well below the largest message of a server, 1 MB. */
export const MOST_SERIES = 512;
/** Longer lines are not shipped, nor read. */
export const LONGEST_LINE = 900_000;
const LONGEST_NAME = 256;
const LATEST_S = 1e11;
const LARGEST_COUNT = 1e15;
const MOST_NAMES = 64;
const SECONDS_PER_MINUTE = 60;
const NO_COVERAGE = Object.fromEntries([...COVERAGE_COUNTS, ...COVERAGE_LARGEST].map((name) => [name, 0]));

/** A line that is no row, with the reason. */
export class RowError extends Error {}

export type Row = { readonly minute: Minute } | { readonly change: Change };

const name = z.string().check(z.maxLength(LONGEST_NAME));
const text = z.string().check(z.maxLength(LONGEST_LINE));
/** Sums of thousands of the largest count are still whole numbers. */
const count = z.number().check(z.int(), z.minimum(0), z.maximum(LARGEST_COUNT));
const place = z.strictObject({ site: name, isp: name, link: name });

function shape<N extends string, T>(names: readonly N[], each: T): Record<N, T> {
  return Object.fromEntries(names.map((one) => [one, each])) as Record<N, T>;
}

const minuteRow = z.strictObject({
  place,
  minute_s: z
    .number()
    .check(z.int(), z.minimum(0), z.maximum(LATEST_S), z.multipleOf(SECONDS_PER_MINUTE, 'it begins no minute')),
  series: z
    .array(z.strictObject({ ...shape(SERIES_NAMES, name), ...shape(SERIES_COUNTS, count) }))
    .check(z.maxLength(MOST_SERIES)),
  coverage: z.strictObject(shape([...COVERAGE_COUNTS, ...COVERAGE_LARGEST], count)),
  /** The sketch in Base64. */
  clients: z.array(z.strictObject({ action: name, sketch: text })).check(z.maxLength(MOST_NAMES)),
  harm: z.array(z.strictObject({ kind: name, outcome: name, count })).check(z.maxLength(MOST_NAMES)),
});

const changeRow = z.strictObject({
  place,
  time_us: z.number().check(z.int(), z.minimum(0), z.maximum(1e6 * LATEST_S)),
  kind: name,
  fields: z.record(z.string(), z.unknown()),
  policy: z.optional(
    z.strictObject({
      sha256: name,
      name,
      rules: z.array(
        z.strictObject({
          name,
          flows: text,
          flows_without_prefixes: text,
          action: text,
          legal_basis: z.nullable(text),
          review_by: z.nullable(text),
        }),
      ),
    }),
  ),
});

const row = z.union([z.strictObject({ minute: minuteRow }), z.strictObject({ change: changeRow })]);

/** The lines of a minute, each with its line break. */
export function minuteLines({ place, minuteS, series, coverage, clients, harm }: Minute): string[] {
  const lines: string[] = [];
  for (let from = 0; from === 0 || from < series.length; from += MOST_SERIES) {
    const part = series.slice(from, from + MOST_SERIES);
    const isFirst = from === 0;
    lines.push(
      lineOf({
        minute: {
          place,
          minute_s: minuteS,
          series: part.map(({ key, counts }) => ({ ...key, ...byCountName(counts) })),
          coverage: isFirst ? rounded(coverage) : NO_COVERAGE,
          clients: isFirst ? clients.map(({ action, sketch }) => ({ action, sketch: base64(sketch) })) : [],
          harm: isFirst ? harm : [],
        },
      }),
    );
  }
  return lines;
}

/** The line of a change. A policy that would make it too long is left out. */
export function changeLine({ place, timeUs, kind, fields, policy }: Change): string {
  const change = { place, time_us: Math.round(timeUs), kind, fields };
  const whole = lineOf({ change: { ...change, policy } });
  return whole.length <= LONGEST_LINE ? whole : lineOf({ change });
}

/** Reads a line without its line break. `clock`: cuts its hour and its day. Throws RowError. */
export function parseRow(line: string, clock: ZoneClock): Row {
  if (line.length > LONGEST_LINE) throw new RowError(`it has more than ${LONGEST_LINE} characters`);
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new RowError('it is no JSON');
  }
  const found = row.safeParse(value);
  if (!found.success) throw new RowError('it is neither a minute nor a change of a history');
  const { data } = found;
  if ('minute' in data) return { minute: minuteOf(data.minute, clock) };
  const { place, time_us: timeUs, kind, fields, policy } = data.change;
  return { change: { place, timeUs, kind, fields, ...(policy !== undefined && { policy }) } };
}

function minuteOf(from: z.infer<typeof minuteRow>, clock: ZoneClock): Minute {
  const { place, minute_s: minuteS, series, coverage, clients, harm } = from;
  return {
    place,
    minuteS,
    hourS: clock.hourStart(minuteS),
    dayS: clock.dayStart(minuteS),
    series: series.map((one) => ({
      key: Object.fromEntries(SERIES_NAMES.map((part) => [part, one[part]])) as unknown as SeriesKey,
      counts: SERIES_COUNTS.map((part) => one[part]),
    })),
    coverage,
    clients: clients.map(({ action, sketch }) => ({ action, sketch: sketchOf(sketch) })),
    harm,
  };
}

function sketchOf(text: string): Uint8Array {
  const bytes = new Uint8Array(Buffer.from(text, 'base64'));
  try {
    return ClientSketch.fromBytes(bytes).toBytes();
  } catch {
    throw new RowError('its clients cannot be read');
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function byCountName(counts: readonly number[]): Record<string, number> {
  return Object.fromEntries(SERIES_COUNTS.map((one, at) => [one, Math.round(counts[at]!)]));
}

function rounded(coverage: Coverage): Record<string, number> {
  return Object.fromEntries(Object.entries(coverage).map(([one, value]) => [one, Math.round(value)]));
}

function lineOf(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
