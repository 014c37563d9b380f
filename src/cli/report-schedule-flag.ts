/** The flag of scheduled reports: which are made when their period is over, and kept. */
import { InvalidArgumentError, Option } from 'commander';
import type { ReportOptions } from '../daemon/console/run-reports.ts';
import { type Schedule, SCHEDULES } from '../history/report/due-periods.ts';

const NAMES = Object.keys(SCHEDULES) as Schedule[];
const NONE = 'none';

/** Reports are made only on request. */
export const NO_REPORTS: ReportOptions = { schedules: [], folder: null, showsPrefixes: false };

export function reportScheduleOption(): Option {
  return new Option(
    '--reports <list>',
    'reports for the operator and the public that are made when their period is over, and kept in the ' +
      `folder of state: ${NAMES.join(', ')}, or none`,
  )
    .argParser(schedulesOf)
    .default(['weekly', 'monthly'] satisfies Schedule[], 'weekly,monthly');
}

function schedulesOf(value: string): Schedule[] {
  if (value === NONE) return [];
  const names = [...new Set(value.split(','))];
  const unknown = names.find((name) => !(NAMES as string[]).includes(name));
  if (unknown !== undefined)
    throw new InvalidArgumentError(
      `It must be none, or a list of ${NAMES.join(', ')}; ${JSON.stringify(unknown)} is none of them.`,
    );
  return names as Schedule[];
}
