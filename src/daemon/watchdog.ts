/**
 * The watchdog of a source that this process reads directly: a read that takes too long means that the source is stuck.
 * This is counted, logged and shown by /readyz; there is no process that could be restarted.
 */
import { sourceProblem } from '../capture/source-problem.ts';
import type { CodedProblem } from '../core/coded-problem.ts';
import type { Log } from '../output/log/log.ts';

/** Checks per time limit. */
const LOOKS = 4;

export class RunWatchdog {
  /** Times that the source was found stuck. */
  stallCount = 0;
  private readonly limitMs: number;
  private readonly source: 'pipe' | 'spool';
  private readonly log: Log;
  private timer: NodeJS.Timeout | null = null;
  private isStuck = false;
  /** Start of the current read; NaN outside of one. */
  private waitingSinceMs = NaN;

  constructor(limitMs: number, source: 'pipe' | 'spool', log: Log) {
    this.limitMs = limitMs;
    this.source = source;
    this.log = log;
  }

  /** Null while packets come. */
  get problem(): CodedProblem | null {
    return this.isStuck ? sourceProblem(`${this.source}-silent`, String(this.limitMs / 1000)) : null;
  }

  start(): void {
    this.timer = setInterval(() => {
      this.look();
    }, this.limitMs / LOOKS);
    this.timer.unref();
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
  }

  /** A read begins. */
  waits(): void {
    this.waitingSinceMs = performance.now();
  }

  /** The read is over. */
  moves(): void {
    this.waitingSinceMs = NaN;
    if (!this.isStuck) return;
    this.isStuck = false;
    this.log.info({ source: this.source }, 'packets come again');
  }

  private look(): void {
    // False outside of a read: comparisons with NaN are false.
    if (this.isStuck || !(performance.now() - this.waitingSinceMs >= this.limitMs)) return;
    this.isStuck = true;
    this.stallCount++;
    this.log.error({ problem: this.problem?.problem }, 'the source is stuck');
  }
}
