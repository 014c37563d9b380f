/**
 * The unfinished line that a kill has left at the end of a log, until the line that it belongs to is made again. Events
 * of the daemon itself wait meanwhile, so that they do not come between its two parts.
 */
import { isMadeAgain } from './written-lines.ts';
import type { RotatingFile } from './rotating-file.ts';

/** Events that wait; with more, the unfinished line is cut. */
const MOST_WAITING = 1000;
/** Time that events wait, milliseconds. */
const LONGEST_WAIT_MS = 5000;

export class TornLine {
  /** Lines that wait, without number and end. */
  readonly waiting: string[] = [];
  private readonly file: RotatingFile;
  private readonly untilMs = performance.now() + LONGEST_WAIT_MS;

  constructor(file: RotatingFile) {
    this.file = file;
  }

  /** Completes it, if this line begins with it; false if not. */
  complete(line: string): boolean {
    return this.file.completeTorn(line);
  }

  /** True if a line waits now. `body`: without number and end. */
  holds(body: string): boolean {
    if (isMadeAgain(body) || this.waiting.length >= MOST_WAITING || this.isOverdue) return false;
    this.waiting.push(body);
    return true;
  }

  get isOverdue(): boolean {
    return performance.now() >= this.untilMs;
  }

  cut(): void {
    this.file.cutTorn();
  }
}
