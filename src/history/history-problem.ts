/**
 * Why the history cannot be written or read. Each can follow a colon. `said` is the text of SQLite or of the system,
 * as it is.
 */
import { problemsOf } from '../core/coded-problem.ts';

export const HISTORY_PROBLEMS = {
  'history-exited': (code: string) => `the history process ended with exit code ${code}`,
  'history-killed': (signal: string) => `the history process was ended by ${signal}`,
  'history-not-started': (said: string) => `the history process cannot be started: ${said}`,
  'history-not-running': () => 'the history process does not run',
  'history-not-open': () => 'the history is not open yet',
  'history-silent': () => 'the history process does not answer; its disk may be stuck',
  'history-busy': () => 'the history is busy; try again',
  'history-later-schema': (file: string, schema: string, known: string) =>
    `${file} has schema ${schema}, and this version of Sluice reads up to ${known}; use ` +
    'the newer version, or name another file with --history',
  'history-of-something-else': (file: string) =>
    `${file} is a database of something else; --history names another file`,
  'history-text': (file: string) => `${file} is a text and no history; --history names another file`,
  'history-empty': () => 'the file is empty',
  'history-unopenable': (file: string) => `${file} cannot be opened; check that its folder can be written`,
  'history-fault': (said: string) => said,
  'disk-full': () => 'database or disk is full',
  'history-locked': () => 'database is locked',
  'history-broken': () => 'database disk image is malformed',
  'history-no-database': () => 'file is not a database',
} as const;

export const historyProblem = problemsOf(HISTORY_PROBLEMS);
