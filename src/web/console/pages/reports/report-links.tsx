/** Links to a report in each form: its page, PDF, JSON, and the CSV of every table. */
import type { ReportHead } from '../../../../history/report/report-head.ts';
import { count } from '../../format/number-format.ts';
import { text } from '../../text/catalogue.ts';

const words = text.reports;

export interface ReportLinksProps {
  /** Below `/api/v1`, with `?` or `&` at its end. */
  readonly path: string;
  /** What the report is on, for those who only hear the links. */
  readonly title: string;
  readonly tables: ReportHead['tables'];
  readonly hasPdf: boolean;
}

export function ReportLinks({ path, title, tables, hasPdf }: ReportLinksProps) {
  const address = (format: string): string => `/api/v1${path}format=${format}`;
  const of = <span class="hidden-text"> {words.ofReport(title)}</span>;
  return (
    <div class="report-links">
      <a href={address('html')} target="_blank" rel="noopener">
        {words.open}
        {of}
      </a>
      {hasPdf && (
        <a href={address('pdf')} download>
          {words.pdf}
          {of}
        </a>
      )}
      <a href={address('json')} download>
        {words.json}
        {of}
      </a>
      <details>
        <summary>
          {words.tables(count(tables.length))}
          {of}
        </summary>
        <ul>
          {tables.map(({ id, title: table, rows }) => (
            <li key={id}>
              <a href={`${address('csv')}&table=${encodeURIComponent(id)}`} download>
                {table}
              </a>{' '}
              <span class="muted small">{words.rows(count(rows))}</span>
            </li>
          ))}
        </ul>
      </details>
    </div>
  );
}
