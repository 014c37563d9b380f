/**
 * An event log that numbers its lines (`seq`): 1, 2, 3, … Dropped lines have a number too, so a gap in the numbers is
 * the loss. A log in a file continues its numbers after a restart.
 */
import { type EventOrigin, NO_ORIGIN, originText } from '../event/event-origin.ts';
import { lastEventOf } from './log-tail.ts';
import type { RotatingFile } from './rotating-file.ts';
import type { LineQueue } from './line-queue.ts';

const END_OF_LINE = '}\n'.length;

export class EventLog {
  /** The log's name in metrics. */
  readonly name: string;
  readonly lines: LineQueue;
  /** Null if the log is no regular file. */
  readonly file: RotatingFile | null;
  private readonly origin: string;
  private nextSeq = 1;

  /** `origin`: the fields that end each line before its number. */
  constructor(name: string, lines: LineQueue, file: RotatingFile | null, origin: EventOrigin = NO_ORIGIN) {
    this.origin = originText(origin);
    this.name = name;
    this.lines = lines;
    this.file = file;
  }

  /** Continues the numbers of an existing file. Rejects if it cannot be read. */
  async start(): Promise<void> {
    if (this.file !== null) this.nextSeq = (await lastEventOf(this.file.name)) + 1;
  }

  /** `line` is a JSON object with at least one field, and a line break. */
  write(line: string): void {
    this.lines.write(`${line.slice(0, -END_OF_LINE)}${this.origin},"seq":${this.nextSeq++}}\n`);
  }

  /** Counts and numbers a line that is dropped. */
  leaveOut(): void {
    this.nextSeq++;
    this.lines.leaveOut();
  }
}
