/**
 * Gathers decisions for the history process and sends them a few times a second. The cost is bounded: at most so many
 * decisions a second are taken, and what is taken waits for the process up to a limit. What is left out is counted.
 */
import {
  type DecidingRules,
  type DecisionBatch,
  type DecisionHead,
  headLine,
  type RecentLimits,
} from '../recent/decision-batch.ts';

export interface BatchOptions {
  readonly limits: RecentLimits;
  /** Decisions that are taken a second, on average and at once; Infinity for all. */
  readonly perSecond: number;
  /** Decisions that may wait for the process. */
  readonly mostWaiting: number;
  /** Resolves once the process has the batch. */
  readonly send: (batch: DecisionBatch) => Promise<unknown>;
  /** A clock in ms. */
  readonly now: () => number;
}

/** Decisions of a batch. */
const MOST_AT_ONCE = 1000;
/**
 * The part of `perSecond` that is kept for decisions that throttle or block: a flood of others leaves room for them.
 */
const RESERVED = 0.25;
const MS_PER_SECOND = 1000;

export class DecisionBatches {
  /** Decisions since the start, and those that were left out. */
  made = 0;
  leftOut = 0;
  private readonly options: BatchOptions;
  private readonly waiting: string[] = [];
  /** The rules that the process has not had yet, after those that it had last. */
  private readonly rules: DecidingRules[] = [];
  private allowance: number;
  private filledMs: number;
  private isSending = false;
  /** Decisions that the process has counted. */
  private counted = -1;

  constructor(options: BatchOptions) {
    this.options = options;
    this.allowance = options.perSecond;
    this.filledMs = options.now();
  }

  /** Counts a decision; true if it is to be added. `isHit`: it throttles or blocks. */
  takes(isHit: boolean): boolean {
    const { perSecond, mostWaiting } = this.options;
    this.made++;
    const least = isHit ? 1 : 1 + perSecond * RESERVED;
    if (this.allowance < least && !this.refill(least)) return this.leaveOut();
    if (this.waiting.length >= mostWaiting) return this.leaveOut();
    this.allowance--;
    return true;
  }

  /** Adds the decision that was counted last. `line`: its event, with a line break. */
  add(head: Omit<DecisionHead, 'number'>, line: string): void {
    this.waiting.push(headLine({ ...head, number: this.made }) + line);
    if (this.waiting.length >= MOST_AT_ONCE) void this.flush();
  }

  /** Decisions are made by these rules from now on. */
  useRules(rules: DecidingRules): void {
    this.rules.push(rules);
  }

  /** The process is another one, which has nothing yet. */
  beginAgain(): void {
    this.counted = -1;
  }

  /** Sends what waits, unless a batch is under way; to be called a few times a second. */
  async flush(): Promise<void> {
    const { options, made, leftOut, rules } = this;
    if (this.isSending || (this.counted === made && this.waiting.length === 0)) return;
    const lines = this.waiting.splice(0, MOST_AT_ONCE);
    const sentRules = rules.length;
    this.isSending = true;
    try {
      await options.send({ text: lines.join(''), limits: options.limits, rules: [...rules], made, leftOut });
      this.counted = made;
      rules.splice(0, sentRules - 1);
    } catch {
      this.leftOut += lines.length;
      this.counted = -1;
    } finally {
      this.isSending = false;
    }
    if (this.waiting.length >= MOST_AT_ONCE) void this.flush();
  }

  private refill(least: number): boolean {
    const { perSecond, now } = this.options;
    const nowMs = now();
    this.allowance = Math.min(perSecond, this.allowance + ((nowMs - this.filledMs) / MS_PER_SECOND) * perSecond);
    this.filledMs = nowMs;
    return this.allowance >= least;
  }

  private leaveOut(): false {
    this.leftOut++;
    return false;
  }
}
