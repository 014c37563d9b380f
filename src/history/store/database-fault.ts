/** What the faults of a database mean for the history: whether to try again, to begin another file, or to give up. */
import type { CodedProblem } from '../../core/coded-problem.ts';
import { historyProblem } from '../history-problem.ts';

/**
 * `passing`: the same may work later (full disk, locked file, folder that cannot be written). `broken`: the file is
 * damaged. `content`: what was to be written is refused, and would be again. `unusable`: the file is sound and is none
 * of this version's, so it is left alone.
 */
export type Fault = 'passing' | 'broken' | 'content' | 'unusable';

/** A fault that has words of its own. */
class CodedFault extends Error {
  readonly reason: CodedProblem;

  constructor(reason: CodedProblem) {
    super(reason.problem);
    this.reason = reason;
  }
}

/** The file is no history that this version can use. It is not changed. */
export class UnusableFile extends CodedFault {}

/** The file has no content, or none that a database begins with. */
export class BrokenFile extends CodedFault {}

/** Result codes of SQLite (sqlite.org/rescode.html), of which extended ones have these in their low byte. */
const CORRUPT = 11;
const NO_DATABASE = 26;
/** perm, busy, locked, nomem, readonly, interrupt, ioerr, full, cantopen, protocol. */
const PASSING = [3, 5, 6, 7, 8, 9, 10, 13, 14, 15];
/** The library gives no code for a file that cannot be opened. */
const CONNECTION = 'ConnectionFailed';

export function faultOf(error: unknown): Fault {
  if (error instanceof UnusableFile) return 'unusable';
  if (error instanceof BrokenFile) return 'broken';
  const { rawCode, message, code } = error as Error & { rawCode?: number; code?: unknown };
  if (rawCode !== undefined) {
    const primary = rawCode & 0xff;
    if (primary === CORRUPT || primary === NO_DATABASE) return 'broken';
    return PASSING.includes(primary) ? 'passing' : 'content';
  }
  // Errors of the file system have a text as their code.
  return message.startsWith(CONNECTION) || typeof code === 'string' ? 'passing' : 'content';
}

/** Faults of SQLite that an operator may meet, by its own words for them (sqlite3_errstr). */
const KNOWN = new Map(
  (['disk-full', 'history-locked', 'history-broken', 'history-no-database'] as const).map((code) => {
    const known = historyProblem(code);
    return [known.problem, known];
  }),
);

/** The fault in words for the operator. */
export function problemOf(error: unknown, path: string): CodedProblem {
  if (error instanceof CodedFault) return error.reason;
  const { message } = error as Error;
  if (message.startsWith(CONNECTION)) return historyProblem('history-unopenable', path);
  return KNOWN.get(message) ?? historyProblem('history-fault', message);
}
