/** Answers of the history process about reports: a report in all its forms, its preview, or why there is none. */
import type { CodedProblem } from '../../core/coded-problem.ts';
import type { HistoryDatabase } from '../store/database.ts';
import { makeReport, ReportRefusal, type ReportSetting } from './make-report.ts';
import { type ReportFiles, reportFiles, reportPreview } from './report-files.ts';
import type { ReportPreview } from './report-head.ts';
import type { ReportQuery } from './report-query.ts';

/** A question about a report, with what it needs beyond the query. */
export interface ReportQuestion {
  readonly query: ReportQuery;
  readonly setting: ReportSetting;
}

/** Why there is no such report, for the user. */
export interface RefusedReport {
  readonly refused: CodedProblem;
}

export function answerReport(
  database: HistoryDatabase,
  { query, setting }: ReportQuestion,
): ReportFiles | RefusedReport {
  return orRefused(() => reportFiles(makeReport(database, query, setting)));
}

export function answerPreview(
  database: HistoryDatabase,
  { query, setting }: ReportQuestion,
): ReportPreview | RefusedReport {
  return orRefused(() => reportPreview(makeReport(database, query, setting)));
}

function orRefused<T>(answer: () => T): T | RefusedReport {
  try {
    return answer();
  } catch (error) {
    if (error instanceof ReportRefusal) return { refused: error.reason };
    throw error;
  }
}
