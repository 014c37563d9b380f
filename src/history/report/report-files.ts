/** A report in the forms in which it is given: a page, a JSON document, and one CSV file for each table. */
import { ZoneClock } from '../zone-clock.ts';
import { documentPage, periodTitle } from './document-page.ts';
import type { ReportDocument } from './report-document.ts';
import type { ReportHead, ReportPreview } from './report-head.ts';
import { tableCsv } from './table-csv.ts';

export interface ReportFiles {
  readonly head: Omit<ReportHead, 'id'>;
  readonly page: string;
  readonly json: string;
  /** CSV by the id of its table. */
  readonly tables: Readonly<Record<string, string>>;
}

const LONGEST_NAME = 120;

export function reportFiles(document: ReportDocument): ReportFiles {
  const { audience, period, scope, made_at: madeAt } = document;
  const clock = new ZoneClock(period.zone);
  const tables = document.sections.flatMap((section) => section.tables);
  return {
    head: {
      name: fileName(document),
      title: periodTitle(document),
      audience,
      period,
      scope,
      made_at: madeAt,
      tables: tableHeads(document),
    },
    page: documentPage(document),
    json: `${JSON.stringify(document, null, 1)}\n`,
    tables: Object.fromEntries(tables.map((table) => [table.id, tableCsv(table, clock)])),
  };
}

/** The main figures of a report, before it is made. */
export function reportPreview(document: ReportDocument): ReportPreview {
  const { audience, period, scope, notices, summary, sections } = document;
  return {
    title: periodTitle(document),
    audience,
    period,
    scope,
    notices,
    summary,
    tables: tableHeads(document),
    sections: sections.filter(({ facts }) => facts.length > 0).map(({ id, title, facts }) => ({ id, title, facts })),
  };
}

function tableHeads({ sections }: ReportDocument): ReportHead['tables'] {
  return sections.flatMap(({ tables }) => tables.map(({ id, title, rows }) => ({ id, title, rows: rows.length })));
}

/** A name of letters, digits and hyphens, which every system takes. */
function fileName({ audience, period, scope }: ReportDocument): string {
  const parts = ['sluice', ...Object.values(scope).filter((place) => place !== ''), period.name, audience];
  return parts
    .join('-')
    .replaceAll(/[^A-Za-z0-9-]+/g, '-')
    .slice(0, LONGEST_NAME);
}

/** The name of the file of a table. */
export function csvName({ name }: Pick<ReportHead, 'name'>, table: string): string {
  return `${name}-${table}.csv`;
}
