/** Errors and problems of the library. */

/** A problem in a policy or a registry, with its place. */
export interface Problem {
  /** Files with an error cannot be used. */
  readonly severity: 'error' | 'warning';
  /** Path as given. */
  readonly file: string;
  /** From 1; 0 if the problem has no place of its own. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/**
 * - `invalid-rules`: policy or registry have errors, which are in `problems`;
 * - `unreadable-rules`: one of these files cannot be read;
 * - `invalid-option`: an option has a value that it cannot have;
 * - `invalid-packet`: a packet that was given breaks the rules of `Packet`;
 * - `wrong-use`: the session is closed or reads already, or a reading is iterated twice.
 */
export type SluiceErrorCode = 'invalid-rules' | 'unreadable-rules' | 'invalid-option' | 'invalid-packet' | 'wrong-use';

/** The error of every refusal by the library. Damaged captures are no errors: see `ReadSummary.incomplete`. */
export class SluiceError extends Error {
  override readonly name = 'SluiceError';
  readonly code: SluiceErrorCode;
  /** Problems of rules, errors among them, at most 1,000 of each file; else empty. */
  readonly problems: readonly Problem[];

  constructor(code: SluiceErrorCode, message: string, problems: readonly Problem[] = []) {
    super(message);
    this.code = code;
    this.problems = problems;
  }
}
