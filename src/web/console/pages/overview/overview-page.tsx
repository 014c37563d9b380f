/** Overview. */
import { Chart } from '../../chart/chart.tsx';
import { Panel } from '../../component/panel.tsx';
import { spanOf, spanQuery } from '../../span/span-choice.ts';
import { TimeSpan } from '../../span/time-span.tsx';
import { text } from '../../text/catalogue.ts';
import type { PageProps } from '../pages.tsx';

export function OverviewPage({ live, place }: PageProps) {
  const span = spanOf(place.query, live);
  return (
    <>
      <TimeSpan span={span} live={live} />
      <Panel title={text.chart.decisions} size="wide">
        <Chart
          title={text.chart.decisions}
          query={{ measure: 'decisions', by: 'action', ...spanQuery(span) }}
          zone={live.zone}
        />
      </Panel>
    </>
  );
}
