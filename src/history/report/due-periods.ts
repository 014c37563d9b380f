/** Which scheduled reports are due: those on periods that are over, and that have not been made. */
import type { ZoneClock } from '../zone-clock.ts';
import { latestPeriods } from './available-periods.ts';
import type { Period, PeriodKind } from './period.ts';
import type { ReportAudience } from './report-audience.ts';

/** Kinds of periods on which reports can be scheduled, by the word of the flag. */
export const SCHEDULES = { daily: 'day', weekly: 'week', monthly: 'month' } as const satisfies Record<
  string,
  PeriodKind
>;
export type Schedule = keyof typeof SCHEDULES;

/** The newest periods of each schedule whose reports are made and kept. */
export const KEPT_PERIODS: Readonly<Record<Schedule, number>> = { daily: 62, weekly: 106, monthly: 120 };

/** From the end of a period to its report: late packets and the last minute are in the history then. */
const GRACE_S = 3600;

export interface DueReport {
  /** Names the report: `2024-W47-public`. */
  readonly id: string;
  readonly period: Period;
  readonly audience: ReportAudience;
}

/**
 * All reports that should be there at a time, seconds since 1970, the earliest period first. `daysS`: beginnings of the
 * days with figures, ascending; periods without any have no report.
 */
export function scheduledReports(
  schedules: readonly Schedule[],
  daysS: readonly number[],
  nowS: number,
  clock: ZoneClock,
): DueReport[] {
  return schedules
    .flatMap((schedule) => latestOver(schedule, daysS, nowS, clock))
    .sort((a, b) => a.toS - b.toS || b.fromS - a.fromS)
    .flatMap((period) =>
      audiencesOf(period).map((audience) => ({ id: `${period.name}-${audience}`, period, audience })),
    );
}

/** The latest periods with figures that are over, as many as are kept. */
function latestOver(schedule: Schedule, daysS: readonly number[], nowS: number, clock: ZoneClock): Period[] {
  return latestPeriods(SCHEDULES[schedule], daysS, clock)
    .filter(({ toS }) => toS + GRACE_S <= nowS)
    .slice(0, KEPT_PERIODS[schedule]);
}

function audiencesOf({ kind }: Period): readonly ReportAudience[] {
  return kind === 'day' ? ['operator'] : ['operator', 'public'];
}
