/** How long things took, as counts below fixed bounds: what a histogram metric is made of. */
import type { Snapshot } from '../core/snapshot.ts';

/** Seconds, ascending; the last count is of what lies above all of them. */
export const DELAY_BOUNDS_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600];

const MICROS_PER_SECOND = 1_000_000;
const BOUNDS_US = DELAY_BOUNDS_SECONDS.map((seconds) => seconds * MICROS_PER_SECOND);

export class DelayHistogram {
  /** Count in each interval, not summed up. */
  readonly counts = new Float64Array(DELAY_BOUNDS_SECONDS.length + 1);
  sumUs = 0;

  /** Copies its state, or puts a copy back. To be called between two batches. */
  snapshot(walk: Snapshot): void {
    this.sumUs = walk.number(this.sumUs);
    walk.fixed(this.counts);
  }

  /** Takes one delay; packet times can step back, which counts as none. */
  observe(delayUs: number): void {
    const delay = Math.max(0, delayUs);
    this.sumUs += delay;
    let interval = 0;
    while (interval < BOUNDS_US.length && delay > BOUNDS_US[interval]!) interval++;
    this.counts[interval]!++;
  }
}
