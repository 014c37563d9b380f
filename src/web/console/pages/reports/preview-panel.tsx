/** The preview of a report: what is missing in its data, its main figures, and links to it in each form. */
import type { Fact } from '../../../../history/report/report-document.ts';
import type { ReportAudience } from '../../../../history/report/report-audience.ts';
import type { ReportPreview } from '../../../../history/report/report-head.ts';
import { ErrorState } from '../../component/error-state.tsx';
import { Loading } from '../../component/loading.tsx';
import { Note } from '../../component/note.tsx';
import { Panel } from '../../component/panel.tsx';
import { bytes, count, percent, span } from '../../format/number-format.ts';
import { time } from '../../format/time-format.ts';
import { useApi } from '../../live/use-api.ts';
import { text } from '../../text/catalogue.ts';
import { ReportLinks } from './report-links.tsx';

const words = text.reports;
/** Sections whose facts a reader looks for first; the report has all. */
const SHOWN = ['harm', 'monitored', 'measures', 'effects', 'quality'];
const MS_PER_SECOND = 1000;

interface PreviewProps {
  readonly query: string;
  readonly audience: ReportAudience;
  readonly hasPdf: boolean;
  readonly zone: string;
}

export function PreviewPanel({ query, audience, hasPdf, zone }: PreviewProps) {
  const { data, problem, isLoading, reload } = useApi<ReportPreview>(`/reports/preview?${query}`);
  return (
    <Panel title={words.preview} size="wide">
      {problem !== null && <ErrorState problem={problem} retry={reload} />}
      {problem === null && data === null && <Loading />}
      {problem === null && data !== null && (
        <div aria-busy={isLoading}>
          <h3>{data.title}</h3>
          <p class="paper-only">
            {text.component.filter(words.audience, words.audiences[audience]!)}. {words.zone(zone)}
          </p>
          {data.notices.map((notice) => (
            <Note key={notice} severity="warning">
              {notice}
            </Note>
          ))}
          {data.summary.map((sentence) => (
            <p key={sentence} class="report-summary">
              {sentence}
            </p>
          ))}
          <ReportLinks path={`/reports/made?${query}&`} title={data.title} tables={data.tables} hasPdf={hasPdf} />
          {!hasPdf && <p class="muted small">{words.noPdf}</p>}
          <div class="report-facts">
            {data.sections
              .filter(({ id }) => SHOWN.includes(id))
              .map(({ id, title, facts }) => (
                <section key={id}>
                  <h4>{title}</h4>
                  <dl>
                    {facts.map((fact) => (
                      <div key={fact.id}>
                        <dt>{fact.label}</dt>
                        <dd>
                          {factText(fact, zone)}
                          {fact.note !== '' && <span class="muted small"> {fact.note}</span>}
                        </dd>
                      </div>
                    ))}
                  </dl>
                </section>
              ))}
          </div>
        </div>
      )}
    </Panel>
  );
}

function factText({ value, unit }: Fact, zone: string): string {
  if (typeof value !== 'number') return value ?? text.units.missing;
  switch (unit) {
    case 'share':
      return percent(value);
    case 'bytes':
      return bytes(value);
    case 'seconds':
      return span(value);
    case 'time':
      return time(value * MS_PER_SECOND, zone);
    default:
      return count(value);
  }
}
