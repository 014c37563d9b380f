/** What a report of a replay is made from: the JSON of the same command. */
import type { Summary } from '../../output/summary/summary.ts';
import type { ThrottleFields } from '../throttle/throttle-json.ts';
import type { ReplayReportFigures } from './replay-figures.ts';

/** The summary of a replay as JSON, with what `--report` adds. */
export type ReplayReportData = Omit<Summary, 'throttles'> & {
  /** Null in mode observe. */
  readonly throttles: readonly ThrottleFields[] | null;
  readonly report: ReplayReportFigures;
};
