/** Why there is no such report: what a question asks for may not be, or does not exist. Each can follow a colon. */
import { problemsOf } from '../../core/coded-problem.ts';

export const REPORT_PROBLEMS = {
  'report-period-twice': () => 'give a period, or from and to, and not both',
  'report-period-unknown': (name: string) =>
    `there is no period "${name}": give one like 2024-11-24, 2024-W47, 2024-11, 2024-Q4 or 2024`,
  'report-period-missing': () => 'give a period, or from and to',
  'report-span-empty': () => 'the end must be at least a minute after the beginning',
  'report-span-long': (years: string) => `a report is on ${years} years at most`,
  'report-public-period': () => 'a public report is on a whole week, month, quarter or year',
  'report-public-places': () => 'a public report is on all places together',
  'report-public-early': () => 'a public report is made when its period is over',
} as const;

export const reportProblem = problemsOf(REPORT_PROBLEMS);
