/** What a chart can ask: a measure, what it is split by, a span of time, and filters. Shared with the page. */
import * as z from 'zod/mini';
import { wanted } from '../../core/wanted-value.ts';
import { LEVEL_NAMES, SERIES_NAMES } from '../roll-up.ts';

/**
 * Counts of series, which can be split and filtered by all that distinguishes series. Forwarded, delayed and dropped
 * are packets, or bytes.
 */
export const SERIES_MEASURES = [
  'flows',
  'decisions',
  'packets',
  'bytes',
  'forwarded',
  'delayed',
  'dropped',
  'forwarded_bytes',
  'delayed_bytes',
  'dropped_bytes',
] as const;
/** How a place was watched: packets and bytes, what was lost, the lag in seconds, active flows. */
export const COVERAGE_MEASURES = [
  'watched',
  'watched_bytes',
  'lost',
  'undecoded',
  'lost_lines',
  'lag',
  'active',
] as const;
export const MEASURES = [...SERIES_MEASURES, ...COVERAGE_MEASURES, 'clients', 'harm'] as const;
export type Measure = (typeof MEASURES)[number];

/** Measures whose point is the largest value of its time, not a sum; so is the total. */
export const LARGEST_MEASURES: readonly Measure[] = ['lag', 'active'];

/** The most points of a chart. */
export const MOST_POINTS = 750;

export const PLACE_NAMES = ['site', 'isp', 'link'] as const;
const HARM_NAMES = ['kind', 'outcome'] as const;
export const SPLITS = [...PLACE_NAMES, ...SERIES_NAMES, ...HARM_NAMES] as const;
export type Split = (typeof SPLITS)[number];

/** What a measure can be split and filtered by. */
export function splitsOf(measure: Measure): readonly Split[] {
  if (SERIES_MEASURES.some((name) => name === measure)) return [...PLACE_NAMES, ...SERIES_NAMES];
  if (measure === 'clients') return [...PLACE_NAMES, 'action'];
  return measure === 'harm' ? [...PLACE_NAMES, ...HARM_NAMES] : PLACE_NAMES;
}

/** Values of a filter, separated by commas; an empty one stands for none. */
const filter = z.optional(z.string().check(z.maxLength(1000)));
/** Seconds since 1970. */
const time = z.coerce.number().check(z.int(), z.minimum(0), z.maximum(1e11));

export const chartQuery = z
  .strictObject({
    measure: z.enum(MEASURES),
    by: z.optional(z.enum(SPLITS)),
    /** Left out, the span is the shortest that holds nearly all packets: a few may be dated decades apart. */
    from: z.optional(time),
    to: z.optional(time),
    format: z.optional(z.enum(['json', 'csv'])),
    /** The most points, for a small chart. */
    points: z.optional(z.coerce.number().check(z.int(), z.minimum(10), z.maximum(MOST_POINTS))),
    ...(Object.fromEntries(SPLITS.map((name) => [name, filter])) as Record<Split, typeof filter>),
  })
  .check(
    z.refine(({ measure, by }) => by === undefined || splitsOf(measure).includes(by), {
      path: ['by'],
      error: ({ input }) =>
        `must be one of ${splitsOf((input as { measure: Measure }).measure).join(', ')} for this measure`,
    }),
    z.refine(({ from, to }) => from === undefined || to === undefined || from < to, {
      path: ['to'],
      error: wanted('value-after', 'from'),
    }),
  );
export type ChartQuery = z.infer<typeof chartQuery>;

export const chartData = z.strictObject({
  /** The level whose rows were read, and the seconds of a point: one or more of its intervals. */
  level: z.enum(LEVEL_NAMES),
  step: z.number(),
  /** The span that was asked for, or chosen. The first and the last point may reach beyond it. */
  from: z.number(),
  to: z.number(),
  /**
   * Beginnings of the points, seconds since 1970, ascending. Points are cut in the zone of the history: by hours and
   * days of its clocks, weeks from Monday, months, years.
   */
  times: z.array(z.number()),
  /** By point: the part of it that was watched, 0 to 1, over all places that the chart is of. */
  watched: z.array(z.number()),
  /**
   * The values of a point that was not watched at all are null, which is not 0. Numbers of clients from 1 to
   * LARGEST_SMALL_GROUP are all that. A total is a sum, but for a largest value, and for clients, who count once.
   */
  series: z.array(z.strictObject({ name: z.string(), values: z.array(z.nullable(z.number())), total: z.number() })),
  /** Standard error of values that are estimates; 0 for exact ones. */
  error: z.number(),
  /** Filters that do not apply to the measure; left out without any. */
  ignored: z.optional(z.array(z.enum(SPLITS))),
});
export type ChartData = z.infer<typeof chartData>;
