/** What a list of reports says of one, and a preview of one. Shared with the page. */
import * as z from 'zod/mini';
import { reportDocument, reportSection } from './report-document.ts';

const { audience, period, scope } = reportDocument.shape;

export const reportHead = z.strictObject({
  /** Names it in the API. */
  id: z.string(),
  /** Name of its files, without the ending: `sluice-2024-W47-public`. */
  name: z.string(),
  title: z.string(),
  audience,
  period,
  scope,
  made_at: z.string(),
  tables: z.array(z.strictObject({ id: z.string(), title: z.string(), rows: z.number() })),
});
export type ReportHead = z.infer<typeof reportHead>;

export const reportPreview = z.strictObject({
  title: z.string(),
  audience,
  period,
  scope,
  /** What is missing, and what else has to be known first. */
  notices: z.array(z.string()),
  summary: z.array(z.string()),
  /** The sections with their facts, without tables. */
  tables: reportHead.shape.tables,
  sections: z.array(z.pick(reportSection, { id: true, title: true, facts: true })),
});
export type ReportPreview = z.infer<typeof reportPreview>;
