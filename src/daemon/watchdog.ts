/**
 * The watchdog of a source that this process reads by itself: a read that takes long is a source that is stuck, whoever is to
 * blame. It is counted, logged and shown by /readyz; there is nothing that could be started anew.
 */
import type { Log } from '../output/log/log.ts';

/** Looks within the time that is allowed. */
const LOOKS = 4;

export class RunWatchdog {
  /** Times that the source was found stuck. */
  stallCount = 0;
  private readonly limitMs: number;
  private readonly what: string;
  private readonly log: Log;
  private timer: NodeJS.Timeout | null = null;
  private isStuck = false;
  /** Since when a read goes on; NaN while none does. */
  private waitingSinceMs = NaN;

  /** `what` ends the sentence "no packets for 30 s from …". */
  constructor(limitMs: number, what: string, log: Log) {
    this.limitMs = limitMs;
    this.what = what;
    this.log = log;
  }

  /** Null while packets come. */
  get problem(): string | null {
    return this.isStuck ? `no packets for ${this.limitMs / 1000} s from ${this.what}` : null;
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
    this.log.info({ source: this.what }, 'packets come again');
  }

  private look(): void {
    // False while nothing is read: NaN is less than nothing.
    if (this.isStuck || !(performance.now() - this.waitingSinceMs >= this.limitMs)) return;
    this.isStuck = true;
    this.stallCount++;
    this.log.error({ problem: this.problem }, 'the source is stuck');
  }
}
