/**
 * Bounds how many refused requests of one address are looked at: beyond that its connections are closed unread for the
 * rest of a window. Refusals cost little each, and thousands a second would still take time from the capture.
 */
import { addressKey } from './address-key.ts';

const WINDOW_MS = 10_000;
export const MOST_REFUSED = 5000;
/** Addresses that are counted; with more of them the counts begin again. */
const MOST_ADDRESSES = 10_000;

interface Counted {
  count: number;
  readonly untilMs: number;
}

export class RefusedRate {
  private readonly counts = new Map<string, Counted>();
  private readonly now: () => number;

  /** `now`: milliseconds that only ascend. */
  constructor(now: () => number = () => performance.now()) {
    this.now = now;
  }

  /** A request from this address was refused. */
  add(address: string): void {
    const key = addressKey(address);
    const counted = this.counts.get(key);
    if (counted !== undefined && this.now() < counted.untilMs) counted.count++;
    else {
      if (this.counts.size >= MOST_ADDRESSES) this.counts.clear();
      this.counts.set(key, { count: 1, untilMs: this.now() + WINDOW_MS });
    }
  }

  /** Requests of this address are not read now. */
  isExceeded(address: string): boolean {
    const counted = this.counts.get(addressKey(address));
    return counted !== undefined && counted.count >= MOST_REFUSED && this.now() < counted.untilMs;
  }
}
