/** Reports: one is chosen, previewed and opened in any form; those made on schedule are listed. */
import './reports.css';
import type { ReportList } from '../../../api/report-schema.ts';
import { Empty } from '../../component/empty.tsx';
import { ErrorState } from '../../component/error-state.tsx';
import { Loading } from '../../component/loading.tsx';
import { Panel } from '../../component/panel.tsx';
import { useApi } from '../../live/use-api.ts';
import { spanOf } from '../../span/span-choice.ts';
import { TimeSpan } from '../../span/time-span.tsx';
import { text } from '../../text/catalogue.ts';
import type { PageProps } from '../pages.tsx';
import { ChoiceForm } from './choice-form.tsx';
import { KeptPanel } from './kept-panel.tsx';
import { PreviewPanel } from './preview-panel.tsx';
import { apiQuery, choiceOf } from './report-choice.ts';

const words = text.reports;
const LIST_MS = 60_000;
/** A history without figures has its first ones soon. */
const EMPTY_MS = 2000;
const MS_PER_SECOND = 1000;

export function ReportsPage({ live, place }: PageProps) {
  const {
    data: list,
    problem,
    reload,
  } = useApi<ReportList>('/reports', (last) => ((last?.span ?? null) === null ? EMPTY_MS : LIST_MS));
  if (list === null) return problem === null ? <Loading /> : <ErrorState problem={problem} retry={reload} />;
  return (
    <div class="grid">
      {list.span === null ? (
        <Panel title={words.choose} size="wide">
          <Empty>{words.empty}</Empty>
        </Panel>
      ) : (
        <Chosen list={list} history={list.span} live={live} place={place} />
      )}
      <KeptPanel list={list} />
    </div>
  );
}

function Chosen({
  list,
  history,
  live,
  place,
}: Pick<PageProps, 'live' | 'place'> & {
  list: ReportList;
  history: { readonly from: number; readonly to: number };
}) {
  // The clock says what is over, and the packets where they are from the past.
  const wallS = live.wall_ms / MS_PER_SECOND;
  const nowS = live.source.live ? wallS : Math.min(wallS, history.to);
  const choice = choiceOf(place.query, list.periods, nowS);
  const { from, to } = spanOf(place.query, live, 'week');
  const span = from === null || to === null ? history : { from, to };
  const query = apiQuery(choice, span);
  return (
    <>
      <Panel title={words.choose} size="wide" isScreenOnly footer={words.zone(list.zone)}>
        <ChoiceForm choice={choice} place={place} nowS={nowS} />
        {choice.kind === 'span' && <TimeSpan span={spanOf(place.query, live, 'week')} live={live} />}
      </Panel>
      {query === null ? (
        <Panel title={words.preview} size="wide">
          <Empty>{words.noPeriod}</Empty>
        </Panel>
      ) : (
        <PreviewPanel query={query} audience={choice.audience} hasPdf={list.pdf} zone={list.zone} />
      )}
    </>
  );
}
