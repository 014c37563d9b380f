/** What the process ends with. On signals 128 plus the signal's number, after flushing. */
export const ExitCode = {
  DONE: 0,
  FAILED: 1,
  WRONG_USAGE: 2,
  INVALID_RULES: 3,
  CAPTURE_INCOMPLETE: 4,
  INTERRUPTED: 130,
  TERMINATED: 143,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** An error that ends the command with a sentence for its user and an exit code. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}
