/** The periods on which a history has figures, for choosing one. */
import type { HistoryDatabase } from '../store/database.ts';
import type { ZoneClock } from '../zone-clock.ts';
import { type KeptSpan, keptSpan } from './kept-span.ts';
import { type Period, PERIOD_KINDS, type PeriodKind, parsePeriod, periodAt } from './period.ts';

/** Periods of a kind at most. */
const MOST_PERIODS = 120;

export interface ReportTimes {
  /** Null for an empty history. */
  readonly span: KeptSpan | null;
  /** By kind, the latest first. */
  readonly periods: Readonly<Record<PeriodKind, readonly Period[]>>;
}

export function readReportTimes(database: HistoryDatabase, clock: ZoneClock): ReportTimes {
  const span = keptSpan(database);
  const periods = PERIOD_KINDS.map((kind) => [kind, latestPeriods(kind, span?.daysS ?? [], clock)]);
  return { span, periods: Object.fromEntries(periods) as ReportTimes['periods'] };
}

/**
 * `daysS`: beginnings of the days with figures, ascending. Periods that have no name, centuries ahead, are left out.
 */
export function latestPeriods(kind: PeriodKind, daysS: readonly number[], clock: ZoneClock): Period[] {
  const periods: Period[] = [];
  let before = Infinity;
  for (const dayS of daysS.toReversed()) {
    if (periods.length === MOST_PERIODS) break;
    if (dayS >= before) continue;
    const period = periodAt(kind, dayS, clock);
    before = period.fromS;
    if (parsePeriod(period.name, clock) !== null) periods.push(period);
  }
  return periods;
}
