/** The last fields of every event: where the packets were seen, and the line's number in a log of the daemon. */
import * as z from 'zod/mini';
import { count, patterned } from './field.ts';

/** Letters, digits, `-` and `_`: these names are parts of metric labels, file names and message subjects. */
export const ORIGIN_PATTERN = '^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$';

export const origin = {
  site: z.optional(patterned(ORIGIN_PATTERN, 'The value of --site; absent when not given')),
  isp: z.optional(patterned(ORIGIN_PATTERN, 'The value of --isp; absent when not given')),
  link: z.optional(patterned(ORIGIN_PATTERN, 'The value of --link; absent when not given')),
  seq: z.optional(count("Number of the line in its log of the daemon, counted from 1; absent in a replay's events")),
};
