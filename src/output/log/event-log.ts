/**
 * An event log with a number in each line (`seq`): 1, 2, 3, …, also for lines that are left out, so a gap in the numbers is the loss.
 * A log that is a file goes on with its own last number after a restart.
 */
import { lastEventOf } from './log-tail.ts';
import type { RotatingFile } from './rotating-file.ts';
import type { RotatingLines } from './rotating-lines.ts';

const END_OF_LINE = '}\n'.length;

export class EventLog {
  /** The name by which metrics show it. */
  readonly name: string;
  readonly lines: RotatingLines;
  /** Null where the log is no plain file. */
  readonly file: RotatingFile | null;
  private nextSeq = 1;

  constructor(name: string, lines: RotatingLines, file: RotatingFile | null) {
    this.name = name;
    this.lines = lines;
    this.file = file;
  }

  /** Continues the numbers of a file that was opened. Rejects where it cannot be read. */
  async start(): Promise<void> {
    if (this.file !== null) this.nextSeq = (await lastEventOf(this.file.name)) + 1;
  }

  /** `line` is a JSON object with at least one field, and a line break. */
  write(line: string): void {
    this.lines.write(`${line.slice(0, -END_OF_LINE)},"seq":${this.nextSeq++}}\n`);
  }

  /** Counts and numbers a line that is not written. */
  leaveOut(): void {
    this.nextSeq++;
    this.lines.leaveOut();
  }
}
