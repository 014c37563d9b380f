/** Texts of parts that all pages share. */
import { SOURCE_PROBLEMS } from '../../../../capture/source-problem.ts';
import { VALUE_PROBLEMS } from '../../../../core/value-problem.ts';
import { HISTORY_PROBLEMS } from '../../../../history/history-problem.ts';
import { REPORT_PROBLEMS } from '../../../../history/report/report-problem.ts';
import { RULES_PROBLEMS } from '../../../../rules/rules-problem.ts';
import { HUB_PROBLEMS } from '../../../api/hub-problem.ts';
import { REFUSALS, REFUSALS_OF } from '../../../api/refusals.ts';

export const component = {
  loading: 'Loading…',
  csv: 'CSV',
  csvOf: (name: string) => `CSV of ${name}`,
  sort: (column: string) => `Sort by ${column}`,
  scroll: (name: string) => `${name}: scroll sideways to see all columns`,
  reset: 'Reset',
  any: 'Any',
  filters: 'Filters',
  filter: (name: string, value: string) => `${name}: ${value}`,
  cancel: 'Cancel',
  retry: 'Try again',
  /** A reason begins with a small letter, and may end with a full stop. */
  failed: (why: string) => `This could not be loaded: ${why}${why.endsWith('.') ? '' : '.'}`,
  unanswered: 'nothing answers',
  /**
   * Refusals, and problems of the source, the history, reports, values and a hub, by the code of the API, which has
   * the same words for other programs. A daemon may have codes that the page has not.
   */
  refusals: REFUSALS as Readonly<Partial<Record<string, string>>>,
  refusalsOf: {
    ...REFUSALS_OF,
    ...SOURCE_PROBLEMS,
    ...HISTORY_PROBLEMS,
    ...REPORT_PROBLEMS,
    ...VALUE_PROBLEMS,
    ...HUB_PROBLEMS,
    ...RULES_PROBLEMS,
  } as Readonly<Partial<Record<string, (...values: readonly string[]) => string>>>,
  signInAgain: 'You are no longer signed in.',
  span: {
    name: 'Span of time',
    hour: 'Hour',
    day: 'Day',
    week: 'Week',
    month: 'Month',
    year: 'Year',
    all: 'All',
    last: (span: string) => `Last ${span}`,
    everything: 'Everything recorded',
    from: 'From',
    to: 'To',
    earlier: 'Earlier',
    later: 'Later',
    show: 'Show',
    chosen: (from: string, to: string) => `${from} to ${to}`,
    allShown: 'All that is recorded is shown.',
    wrong: 'The end must be after the beginning.',
  },
  trend: { up: 'up', down: 'down', same: 'unchanged' },
  meter: (value: string, limit: string) => `${value} of ${limit}`,
};
