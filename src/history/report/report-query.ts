/** What a report is asked for: its period, its scope and its audience. Shared with the page. */
import * as z from 'zod/mini';
import { REPORT_AUDIENCES } from './report-audience.ts';

/** Seconds since 1970. */
const time = z.coerce.number().check(z.int(), z.minimum(0), z.maximum(1e11));
const placeName = z.optional(z.string().check(z.maxLength(200)));

export const reportQuery = z.strictObject({
  /** The name of a calendar period (report/period); or a span in its place. */
  period: z.optional(z.string().check(z.maxLength(20))),
  from: z.optional(time),
  to: z.optional(time),
  audience: z.enum(REPORT_AUDIENCES),
  /** Only what was seen there; left out for all. */
  site: placeName,
  isp: placeName,
  link: placeName,
});
export type ReportQuery = z.infer<typeof reportQuery>;
