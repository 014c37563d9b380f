/** Overview. */
import { Chart } from '../../chart/chart.tsx';
import { text } from '../../text/catalogue.ts';
import type { PageProps } from '../pages.tsx';

export function OverviewPage({ live }: PageProps) {
  return (
    <>
      <p class="lead">{live.mode}</p>
      <Chart title={text.chart.decisions} query={{ measure: 'decisions', by: 'action' }} zone={live.zone} />
    </>
  );
}
