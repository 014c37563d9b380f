/** Overview. */
import { Chart } from '../../chart/chart.tsx';
import { spanOf } from '../../span/span-choice.ts';
import { TimeSpan } from '../../span/time-span.tsx';
import type { PageProps } from '../pages.tsx';

const ACTIONS = ['allow', 'throttle', 'block'];

export function OverviewPage({ live, place }: PageProps) {
  const span = spanOf(place.query, live);
  const common = { span, place, zone: live.zone };
  return (
    <>
      <TimeSpan span={span} live={live} />
      <div class="grid">
        <Chart {...common} title="Decisions by action" measure="decisions" by="action" order={ACTIONS} size="double" />
        <Chart {...common} title="Findings by protocol" measure="decisions" by="protocol" size="double" />
        <Chart
          {...common}
          title="Clients by action"
          measure="clients"
          by="action"
          order={ACTIONS}
          kind="lines"
          size="double"
        />
      </div>
    </>
  );
}
