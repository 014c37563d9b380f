/** What a chart can ask: a measure, what it is split by, a span of time, and filters. Shared with the page. */
import * as z from 'zod/mini';
import { LEVEL_NAMES, SERIES_NAMES } from '../roll-up.ts';

/** Counts of series, which can be split and filtered by all that distinguishes series. */
export const SERIES_MEASURES = ['flows', 'decisions', 'packets', 'bytes', 'forwarded', 'delayed', 'dropped'] as const;
/** Measures with dimensions of their own, or none. */
export const OTHER_MEASURES = ['clients', 'harm', 'watched', 'lost', 'undecoded', 'lag', 'active'] as const;
export const MEASURES = [...SERIES_MEASURES, ...OTHER_MEASURES] as const;
export type Measure = (typeof MEASURES)[number];

/** Numbers of clients from 1 to this are all given as this, since a small group could single people out. */
export const LARGEST_SMALL_GROUP = 4;

export const PLACE_NAMES = ['site', 'isp', 'link'] as const;
export const SPLITS = [...PLACE_NAMES, ...SERIES_NAMES, 'kind', 'outcome'] as const;
export type Split = (typeof SPLITS)[number];

/** Values of a filter, separated by commas; an empty one stands for none. */
const filter = z.optional(z.string().check(z.maxLength(1000)));
/** Seconds since 1970. */
const time = z.coerce.number().check(z.int(), z.minimum(0), z.maximum(1e11));

export const chartQuery = z.strictObject({
  measure: z.enum(MEASURES),
  by: z.optional(z.enum(SPLITS)),
  from: z.optional(time),
  to: z.optional(time),
  format: z.optional(z.enum(['json', 'csv'])),
  ...(Object.fromEntries([...PLACE_NAMES, ...SERIES_NAMES].map((name) => [name, filter])) as Record<
    (typeof PLACE_NAMES)[number] | (typeof SERIES_NAMES)[number],
    typeof filter
  >),
});
export type ChartQuery = z.infer<typeof chartQuery>;

export const chartData = z.strictObject({
  /** The level whose rows were read, and the seconds of a point: one or more of its intervals. */
  level: z.enum(LEVEL_NAMES),
  step: z.number(),
  /** The span that was asked for, or that of all data. */
  from: z.number(),
  to: z.number(),
  /** Beginnings of the points, seconds since 1970, ascending. */
  times: z.array(z.number()),
  /** By point: the part of it that was watched, 0 to 1. */
  watched: z.array(z.number()),
  /**
   * The values of a point that was not watched at all are null, which is not 0. Numbers of clients from 1 to
   * LARGEST_SMALL_GROUP are all that.
   */
  series: z.array(z.strictObject({ name: z.string(), values: z.array(z.nullable(z.number())), total: z.number() })),
  /** Standard error of values that are estimates; 0 for exact ones. */
  error: z.number(),
});
export type ChartData = z.infer<typeof chartData>;
