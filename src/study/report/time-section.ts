/** The time line: what was offered, and what became of it. */
import { ACTION_SERIES } from './decisions-section.ts';
import { BLACK, DOTTED, HATCHED, PLAIN, type Series } from './chart-fills.ts';
import { count, span, time } from './figure-text.ts';
import { html, type Html, NOTHING } from './html.ts';
import type { Section } from './page.ts';
import type { TimeFigures } from './replay-figures.ts';
import type { ReplayReportData } from './replay-report-data.ts';
import { table } from './table.ts';
import { timeChart } from './time-chart.ts';

const OUTCOME_SERIES: readonly Series[] = [
  { label: 'forwarded', ...PLAIN },
  { label: 'delayed by a throttle', ...HATCHED },
  { label: 'dropped by a throttle', ...DOTTED },
  { label: 'dropped by a block', ...BLACK },
];

export function timeSection({ report, mode, packets }: ReplayReportData): Section {
  const { time_line: intervals } = report;
  const lastStart = intervals.at(-1)?.start ?? '';
  const isBeyond = packets.last !== null && lastStart > packets.last;
  const [first] = intervals;
  if (first === undefined) return { title: 'Over time', body: html`<p>There were no packets.</p> ` };
  const isEnforced = mode === 'enforce';
  const affected = isEnforced ? affectedChart(intervals) : NOTHING;
  return {
    title: 'Over time',
    body: html`<p>
        Each column stands for ${span(first.seconds)}. Time without packets is left out; a dashed line marks the
        place.${
          isBeyond ? ' Some packets have times after that of the last packet: clocks in the recording were set.' : ''
        }
      </p>
      ${packetChart(intervals, isEnforced)}${affected}${decisionChart(intervals)}${timeTable(intervals, isEnforced)}`,
  };
}

function packetChart(intervals: readonly TimeFigures[], isEnforced: boolean): Html {
  return timeChart({
    id: 'packets',
    title: isEnforced ? 'Packets over time, by what becomes of them' : 'Packets over time',
    description: 'A column for each interval, as high as its packets. The table below has the numbers.',
    series: isEnforced ? OUTCOME_SERIES : [{ label: 'packets', ...PLAIN }],
    columns: intervals.map(({ start, seconds, offered, forwarded, delayed, dropped_by: by }) => ({
      start,
      seconds,
      values: isEnforced
        ? [forwarded.packets, delayed.packets, by.throttle.packets, by.block.packets]
        : [offered.packets],
    })),
  });
}

/** Delayed and dropped packets by themselves, because they are few beside all others. */
function affectedChart(intervals: readonly TimeFigures[]): Html {
  if (intervals.every(({ offered, forwarded }) => offered.packets === forwarded.packets)) return NOTHING;
  return timeChart({
    id: 'affected',
    title: 'The packets of these that are delayed or dropped, on a scale of their own',
    description:
      'A column for each interval, as high as its delayed and dropped packets. The table below has the numbers.',
    series: OUTCOME_SERIES.slice(1),
    columns: intervals.map(({ start, seconds, delayed, dropped_by: by }) => ({
      start,
      seconds,
      values: [delayed.packets, by.throttle.packets, by.block.packets],
    })),
  });
}

function decisionChart(intervals: readonly TimeFigures[]): Html {
  if (intervals.every(({ decisions }) => Object.values(decisions).every((value) => value === 0))) return NOTHING;
  return timeChart({
    id: 'decided',
    title: 'Decisions over time, by action. A flow may be decided again when more is known of it.',
    description: 'A column for each interval, as high as its decisions. The table below has the numbers.',
    series: ACTION_SERIES,
    columns: intervals.map(({ start, seconds, decisions }) => ({
      start,
      seconds,
      values: ACTION_SERIES.map(({ label }) => decisions[label]!),
    })),
  });
}

function timeTable(intervals: readonly TimeFigures[], isEnforced: boolean): Html {
  const outcomes = isEnforced ? ['forwarded', 'delayed', 'dropped: throttle', 'dropped: block'] : [];
  return table(
    {
      caption: 'Packets, and decisions made, in each interval. Bytes are in the JSON.',
      head: ['from', 'packets offered', ...outcomes, ...ACTION_SERIES.map(({ label }) => `decided: ${label}`)],
    },
    intervals.map(({ start, offered, forwarded, delayed, dropped_by: by, decisions }) => {
      const affected = [forwarded, delayed, by.throttle, by.block].map(({ packets }) => count(packets));
      return [
        time(start),
        count(offered.packets),
        ...(isEnforced ? affected : []),
        ...ACTION_SERIES.map(({ label }) => count(decisions[label]!)),
      ];
    }),
  );
}
