/**
 * Routes of reports. The address of a report is its question, so that a link gives the same report; making one changes
 * nothing, so that viewers may. Scheduled reports are kept, and have ids.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { type ReportQuery, reportQuery } from '../../history/report/report-query.ts';
import type { ReportPreview } from '../../history/report/report-head.ts';
import type { ReportList } from './report-schema.ts';
import type { Reason } from './refusals.ts';
import { type ApiAnswer, type ApiRoute, COSTLY, json, refusal, route, type User } from './route.ts';

export const REPORT_FORMATS = ['html', 'pdf', 'csv', 'json'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** A file of a report. */
export interface ReportFile {
  readonly name: string;
  readonly body: string | Uint8Array;
}

/** Why something cannot be had: the status of the answer, and the reason for the user. */
export interface ReportProblem extends Reason {
  readonly status: number;
}

/** The form of a report; a CSV file is of one of its tables. */
export interface ReportForm {
  readonly format: ReportFormat;
  readonly table: string;
}

export interface ReportAnswers {
  list(): Promise<ReportList>;
  preview(query: ReportQuery, user: User | null): Promise<ReportPreview | ReportProblem>;
  made(query: ReportQuery, form: ReportForm, user: User | null): Promise<ReportFile | ReportProblem>;
  keptFile(id: string, form: ReportForm, user: User | null): Promise<ReportFile | ReportProblem>;
}

const formShape = {
  format: z.enum(REPORT_FORMATS),
  /** The table of a CSV file. */
  table: z.optional(z.string().check(z.maxLength(100))),
};
const madeQuery = z.strictObject({ ...reportQuery.shape, ...formShape });
const keptQuery = z.strictObject(formShape);

const TYPES: Readonly<Record<ReportFormat, string>> = {
  html: 'text/html; charset=utf-8',
  pdf: 'application/pdf',
  csv: 'text/csv; charset=utf-8',
  json: 'application/json; charset=utf-8',
};

export function reportRoutes(reports: ReportAnswers): readonly ApiRoute[] {
  return [
    route({
      method: 'GET',
      path: '/reports',
      access: 'read',
      answer: async () => json(await reports.list()),
    }),
    route({
      method: 'GET',
      path: '/reports/preview',
      access: 'read',
      most: COSTLY,
      query: reportQuery,
      answer: async ({ query, user }) => previewAnswer(await reports.preview(query, user)),
    }),
    route({
      method: 'GET',
      path: '/reports/made',
      access: 'read',
      most: COSTLY,
      query: madeQuery,
      answer: async ({ query: { format, table = '', ...query }, user }) =>
        fileAnswer(await reports.made(query, { format, table }, user), format),
    }),
    route({
      method: 'GET',
      path: '/reports/kept/:id',
      access: 'read',
      most: COSTLY,
      query: keptQuery,
      answer: async ({ params, query: { format, table = '' }, user }) =>
        fileAnswer(await reports.keptFile(params.id!, { format, table }, user), format),
    }),
  ];
}

function previewAnswer(preview: ReportPreview | ReportProblem): ApiAnswer {
  return 'problem' in preview ? refusal(preview.status, preview) : json(preview);
}

/** A page is shown in the browser; other files are stored under names that say what they are. */
function fileAnswer(file: ReportFile | ReportProblem, format: ReportFormat): ApiAnswer {
  if ('problem' in file) return refusal(file.status, file);
  const { name, body } = file;
  const answer = { status: 200, type: TYPES[format], body };
  if (format !== 'html') return { ...answer, fileName: name };
  return {
    ...answer,
    headers: {
      'content-security-policy': pagePolicy(String(body)),
      'content-disposition': `inline; filename="${name}"`,
    },
  };
}

/** Allows the page its own style and nothing else. */
function pagePolicy(page: string): string {
  const style = /<style>([^]*?)<\/style>/.exec(page)?.[1] ?? '';
  const hash = createHash('sha256').update(style).digest('base64');
  return (
    `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; ` +
    `frame-ancestors 'none'; sandbox`
  );
}
