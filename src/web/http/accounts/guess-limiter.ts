/**
 * Slows guessing down: after some failures of one key (an address, or a name) the next attempt must wait, twice as long
 * after each further failure. An attempt counts as a failure until it has succeeded, so that many at once gain nothing.
 */

export interface GuessLimits {
  /** Failures without a wait. */
  readonly free: number;
  readonly longestMs: number;
}

export const NAME_LIMITS: GuessLimits = { free: 5, longestMs: 60_000 };
/** Many people may share an address. */
export const ADDRESS_LIMITS: GuessLimits = { free: 20, longestMs: 900_000 };

const FIRST_WAIT_MS = 1000;
/** A key without a failure for so long begins again. */
const FORGET_MS = 3_600_000;
const MOST_KEYS = 10_000;

interface Guesses {
  failures: number;
  lastMs: number;
  untilMs: number;
}

export class GuessLimiter {
  private readonly limits: GuessLimits;
  private readonly now: () => number;
  /** The latest used are last. */
  private readonly keys = new Map<string, Guesses>();

  constructor(limits: GuessLimits, now: () => number = () => performance.now()) {
    this.limits = limits;
    this.now = now;
  }

  /** ms until an attempt is allowed; 0 if it is now. */
  waitMs(key: string): number {
    return Math.max(0, (this.keys.get(key)?.untilMs ?? 0) - this.now());
  }

  /** Counts an attempt. */
  attempt(key: string): void {
    const now = this.now();
    const before = this.keys.get(key);
    const failures = before === undefined || now - before.lastMs > FORGET_MS ? 1 : before.failures + 1;
    const { free, longestMs } = this.limits;
    const wait = failures < free ? 0 : Math.min(longestMs, FIRST_WAIT_MS * 2 ** (failures - free));
    this.keys.delete(key);
    this.keys.set(key, { failures, lastMs: now, untilMs: now + wait });
    if (this.keys.size > MOST_KEYS) this.keys.delete(this.keys.keys().next().value!);
  }

  /** The latest attempt has succeeded: the key begins again. */
  succeed(key: string): void {
    this.keys.delete(key);
  }

  /** The latest attempt has succeeded: it alone is taken back. */
  takeBack(key: string): void {
    const guesses = this.keys.get(key);
    if (guesses === undefined) return;
    guesses.failures--;
    guesses.untilMs = 0;
    if (guesses.failures <= 0) this.keys.delete(key);
  }
}
