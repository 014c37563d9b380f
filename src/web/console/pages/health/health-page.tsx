/** Health: whether the figures can be trusted, and what to do where they cannot. */
import type { HealthDocument } from '../../../api/health-schema.ts';
import { Chart } from '../../chart/chart.tsx';
import { ErrorState } from '../../component/error-state.tsx';
import { Loading } from '../../component/loading.tsx';
import { useApi } from '../../live/use-api.ts';
import { spanOf } from '../../span/span-choice.ts';
import { spanWords, TimeSpan } from '../../span/time-span.tsx';
import { text } from '../../text/catalogue.ts';
import type { PageProps } from '../pages.tsx';
import { AlertsPanel } from './alerts-panel.tsx';
import { LogsPanel, UndecodedPanel } from './count-tables.tsx';
import { StateFilesPanel } from './state-files-panel.tsx';
import { HistoryPanel, QueuesPanel, SourcePanel, StatePanel, VersionsPanel } from './state-panels.tsx';
import './health.css';

const { health: words } = text;
const EVERY_MS = 5000;

export function HealthPage({ live, isLost, place }: PageProps) {
  const { data, problem, reload } = useApi<HealthDocument>('/health', EVERY_MS);
  const span = spanOf(place.query, live);
  const common = { span, place, zone: live.zone };
  return (
    <>
      {problem !== null && !isLost && <ErrorState problem={problem} retry={reload} />}
      {data === null && problem === null && <Loading />}
      {data !== null && (
        <>
          <AlertsPanel firing={isLost ? ['SluiceDown'] : data.alerts} />
          <div class="health-panels">
            <SourcePanel live={live} health={data} />
            <QueuesPanel live={live} health={data} />
            <HistoryPanel live={live} />
            <StatePanel live={live} health={data} />
            <VersionsPanel live={live} health={data} />
          </div>
          <div class="grid health-tables">
            <UndecodedPanel health={data} />
            <LogsPanel health={data} />
          </div>
          <StateFilesPanel health={data} nowMs={live.wall_ms} />
        </>
      )}
      <div class="page-head">
        <h2>{spanWords(span, live.zone)}</h2>
        <TimeSpan span={span} live={live} />
      </div>
      <div class="health-charts">
        <Chart {...common} title={words.charts.lost} measure="lost" />
        <Chart {...common} title={words.charts.undecoded} measure="undecoded" />
        <Chart {...common} title={words.charts.lag} measure="lag" kind="lines" />
      </div>
    </>
  );
}
