/** A report's table over time: what was watched, decided and affected in each interval. */
import { ACTION_NAMES } from '../../policy/action.ts';
import { intervalAt, intervalFor, intervalsIn, type IntervalName } from './interval-choice.ts';
import type { ReportContext } from './report-context.ts';
import type { Cell, ReportTable } from './report-document.ts';
import { groupsOf, sumOf } from './sums.ts';

export interface IntervalFigures {
  readonly startS: number;
  /** Seconds that have passed of it, for each place. */
  readonly seconds: number;
  /** The part of it that was watched, 0 to 1, over all places; null where no place is known. */
  readonly watched: number | null;
  readonly packets: number;
  readonly lost: number;
  readonly undecoded: number;
  /** By ACTION_NAMES. */
  readonly decisions: readonly number[];
  readonly delayed: number;
  readonly dropped: number;
  readonly hits: number;
}

/** The name of the interval, and the intervals of the part of the period that has passed. */
export function intervalFigures(context: ReportContext): readonly [IntervalName, IntervalFigures[]] {
  const { period, untilS, clock, figures } = context;
  const name = intervalFor(period.fromS, period.toS);
  const places = new Set(figures.watched.map(({ site, isp, link }) => JSON.stringify([site, isp, link]))).size;
  const startOf = (time: number): number => Math.max(period.fromS, intervalAt(name, time, clock)[0]);
  const groups = {
    series: groupsOf(figures.series, ({ time }) => startOf(time)),
    watched: groupsOf(figures.watched, ({ time }) => startOf(time)),
    harm: groupsOf(figures.harm, ({ time }) => startOf(time)),
  };
  const intervals = intervalsIn(name, period.fromS, untilS, clock).map(({ startS, seconds }): IntervalFigures => {
    const series = groups.series.get(startS) ?? [];
    const watched = groups.watched.get(startS) ?? [];
    const watchedSeconds = sumOf(watched, ({ seconds: one }) => one);
    return {
      startS,
      seconds,
      watched: places === 0 ? null : Math.min(1, watchedSeconds / (seconds * places)),
      packets: sumOf(watched, ({ packets }) => packets),
      lost: sumOf(watched, ({ lost_packets: lost }) => lost),
      undecoded: sumOf(watched, ({ undecoded_packets: undecoded }) => undecoded),
      decisions: ACTION_NAMES.map((action) => sumOf(series, (row) => (row.action === action ? row.decisions : 0))),
      delayed: sumOf(series, ({ delayed_packets: delayed }) => delayed),
      dropped: sumOf(series, ({ dropped_packets: dropped }) => dropped),
      hits: sumOf(groups.harm.get(startS) ?? [], ({ kind, count }) => (kind === 'in_force' ? count : 0)),
    };
  });
  return [name, intervals];
}

export function timeTable(context: ReportContext): ReportTable {
  const [name, intervals] = intervalFigures(context);
  return {
    id: 'over-time',
    title: `By ${name}; intervals without any packet have no figures`,
    columns: [
      { name: `${name} from`, unit: 'time' },
      { name: 'watched', unit: 'share' },
      { name: 'packets', unit: 'count' },
      ...ACTION_NAMES.map((action) => ({ name: `decided: ${action}`, unit: 'count' as const })),
      { name: 'delayed packets', unit: 'count' },
      { name: 'dropped packets', unit: 'count' },
      { name: 'registered hits', unit: 'count' },
    ],
    rows: intervals.map(({ startS, watched, packets, decisions, delayed, dropped, hits }) => {
      const isKnown = watched !== null && watched > 0;
      const known = (value: number): Cell => (isKnown ? value : null);
      return [startS, watched ?? 0, ...[packets, ...decisions, delayed, dropped, hits].map(known)];
    }),
    drawn: ACTION_NAMES.map((_, at) => at + 3),
  };
}
