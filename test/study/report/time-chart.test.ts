/** The labels of a time chart's axis. */
import { expect, it } from 'vitest';
import { timeChart } from '../../../src/study/report/time-chart.ts';

function labelsOf(starts: readonly string[]): string[] {
  const columns = starts.map((start) => ({ start, seconds: 1, values: [] }));
  const chart = timeChart({ id: 'x', title: 'Packets', description: '', series: [], columns });
  return [...JSON.stringify(chart).matchAll(/\d{4}-\d\d-\d\d [\d:]+ UTC/g)].map(([label]) => label);
}

it('have seconds where both ends are in one minute', () => {
  const first = '2024-12-01T00:00:05.000000Z';
  expect(labelsOf([first, '2024-12-01T00:00:59.000000Z'])).toEqual([
    '2024-12-01 00:00:05 UTC',
    '2024-12-01 00:00:59 UTC',
  ]);
  expect(labelsOf([first, '2024-12-01T00:01:00.000000Z'])).toEqual(['2024-12-01 00:00 UTC', '2024-12-01 00:01 UTC']);
});
