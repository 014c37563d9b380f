/** What the Reports page reads: the reports that are kept, and what can be made. */
import * as z from 'zod/mini';
import { reportHead } from '../../history/report/report-head.ts';
import { codedProblem } from './coded-problem-schema.ts';

export const reportList = z.strictObject({
  /** The time that the history has, seconds since 1970; null for an empty one. */
  span: z.nullable(z.strictObject({ from: z.number(), to: z.number() })),
  /** Periods with figures by their kind, the latest first. */
  periods: z.record(z.string(), z.array(z.strictObject({ name: z.string(), from: z.number(), to: z.number() }))),
  zone: z.string(),
  /** Made on schedule and kept, the latest period first. */
  kept: z.array(reportHead),
  /** The schedules that are on; reports are kept in a folder only. */
  schedules: z.array(z.string()),
  /** Periods that are over and whose reports are still to be made. */
  due: z.number(),
  /** Why the last one could not be made or kept; null while they can. */
  ...codedProblem,
  /** A Chromium is installed, which prints PDF. */
  pdf: z.boolean(),
});
export type ReportList = z.infer<typeof reportList>;
