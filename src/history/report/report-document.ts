/**
 * A report as data: sections of text, facts and tables, in which each number has its unit. The page, the CSV files and
 * the JSON for programs are all made from it, so that no number can be in one and not in another. Keys are an interface
 * for users: never rename them.
 */
import * as z from 'zod/mini';
import { PERIOD_KINDS } from './period.ts';
import { REPORT_AUDIENCES } from './report-audience.ts';

/**
 * Units of numbers. `share` is a fraction from 0 to 1, `time` is in seconds since 1970, `clients` are distinct ones:
 * fewer than 5 are the text `<5`.
 */
export const UNITS = ['text', 'hash', 'time', 'count', 'clients', 'bytes', 'seconds', 'share'] as const;
export type Unit = (typeof UNITS)[number];

/** Null where nothing is known, which is not 0; a text in place of a number says why there is none, like `<5`. */
const cell = z.nullable(z.union([z.string(), z.number()]));
export type Cell = z.infer<typeof cell>;

const unit = z.enum(UNITS);

const fact = z.strictObject({
  id: z.string(),
  label: z.string(),
  value: cell,
  unit,
  /** What a share is a share of, and what else has to be known of the number; empty for nothing. */
  note: z.string(),
});
export type Fact = z.infer<typeof fact>;

const reportTable = z.strictObject({
  /** Names the table's CSV file. */
  id: z.string(),
  title: z.string(),
  columns: z.array(z.strictObject({ name: z.string(), unit })),
  rows: z.array(z.array(cell)),
  /**
   * Columns that are drawn over those before as a chart, by their place; empty for none. The first column is a time.
   */
  drawn: z.array(z.number()),
});
export type ReportTable = z.infer<typeof reportTable>;

export const reportSection = z.strictObject({
  id: z.string(),
  title: z.string(),
  /** Paragraphs before the facts. */
  text: z.array(z.string()),
  facts: z.array(fact),
  tables: z.array(reportTable),
  /** Paragraphs after the tables. */
  remarks: z.array(z.string()),
});
export type ReportSection = z.infer<typeof reportSection>;

export const REPORT_SCHEMA = 1;

export const reportDocument = z.strictObject({
  report: z.literal('sluice-history-report'),
  schema: z.literal(REPORT_SCHEMA),
  audience: z.enum(REPORT_AUDIENCES),
  period: z.strictObject({
    kind: z.enum([...PERIOD_KINDS, 'span']),
    name: z.string(),
    /** Seconds since 1970. */
    from: z.number(),
    to: z.number(),
    zone: z.string(),
    /** The period is over, by the time of the packets or of the clock. */
    over: z.boolean(),
  }),
  /** Empty for all. */
  scope: z.strictObject({ site: z.string(), isp: z.string(), link: z.string() }),
  /** Wall clock, ISO 8601 in UTC. */
  made_at: z.string(),
  version: z.string(),
  /** What has to be known before any figure. */
  notices: z.array(z.string()),
  /** The main figures in sentences. */
  summary: z.array(z.string()),
  sections: z.array(reportSection),
});
export type ReportDocument = z.infer<typeof reportDocument>;

/** The parts of a report that depend on its audience. */
export type ReportParts = Pick<ReportDocument, 'notices' | 'summary' | 'sections'>;
