/** The time line of a comparison: a chart for each set of rules, on one scale. */
import { BLACK, HATCHED, PLAIN, type Series } from './chart-fills.ts';
import type { CompareReportData } from './compare-report-data.ts';
import { count, span, time } from './figure-text.ts';
import { html } from './html.ts';
import type { Section } from './page.ts';
import { table } from './table.ts';
import { timeChart } from './time-chart.ts';

const SERIES: readonly Series[] = [
  { label: 'forwarded', ...PLAIN },
  { label: 'delayed', ...HATCHED },
  { label: 'dropped', ...BLACK },
];

export function comparedTimeSection({ report, rules }: CompareReportData): Section {
  const { time_line: intervals } = report;
  const [first] = intervals;
  if (first === undefined) return { title: 'Over time', body: html`<p>There were no packets.</p>` };
  const letters = rules.map(({ name }) => name as 'A' | 'B');
  const charts = letters.map((letter) =>
    timeChart({
      id: `time-${letter}`,
      title: `Packets over time under the rules ${letter}`,
      description: 'A column for each interval, as high as its packets. The table below has the numbers.',
      series: SERIES,
      columns: intervals.map(({ start, seconds, offered, [letter]: { delayed, dropped } }) => ({
        start,
        seconds,
        values: [offered.packets - delayed.packets - dropped.packets, delayed.packets, dropped.packets],
      })),
    }),
  );
  return {
    title: 'Over time',
    body: html`<p>
        Each column stands for ${span(first.seconds)}. Time without packets is left out; a dashed line marks the place.
        The charts have one scale.
      </p>
      ${charts}${table(
        {
          caption: 'Packets in each interval',
          head: ['from', 'offered', ...letters.flatMap((letter) => [`${letter} delayed`, `${letter} dropped`])],
        },
        intervals.map((interval) => [
          time(interval.start),
          count(interval.offered.packets),
          ...letters.flatMap((letter) =>
            [interval[letter].delayed, interval[letter].dropped].map(({ packets }) => count(packets)),
          ),
        ]),
      )}`,
  };
}
