/**
 * How much longer the senders of a rule's buckets would need, as a distribution over the buckets. The slowdown of a
 * bucket is the time that its packets need at the allowed rate, divided by the time that they took: 1 is not slowed,
 * 1.4 is 40 percent longer.
 */
import { QuantileHistogram } from './quantile-histogram.ts';

/** Upper ends of the intervals of the histogram, each with its end; the last interval has none. */
export const SLOWDOWN_BOUNDS = [1, 1.1, 1.2, 1.4, 1.6, 2, 3, 5, 10, 30, 100];

export class SlowdownDistribution {
  readonly quantiles = new QuantileHistogram();
  /** Time that a bucket's packets need more than they took, microseconds; without the buckets that need none. */
  readonly added = new QuantileHistogram();
  /** Buckets that need no more time. */
  unslowed = 0;
  /** Buckets in each interval, not summed up. */
  readonly counts = new Float64Array(SLOWDOWN_BOUNDS.length + 1);
  /** Buckets whose packets all have one time, and had to wait: their slowdown is no number. */
  atOnce = 0;
  /** Sums over all buckets. */
  takenUs = 0;
  neededUs = 0;

  /** Takes the whole times of a bucket. */
  add(takenUs: number, neededUs: number): void {
    this.takenUs += takenUs;
    this.neededUs += neededUs;
    if (neededUs > takenUs) this.added.add(neededUs - takenUs);
    else this.unslowed++;
    if (takenUs === 0 && neededUs > 0) {
      this.atOnce++;
      return;
    }
    const slowdown = takenUs === 0 ? 1 : neededUs / takenUs;
    this.quantiles.add(slowdown);
    let interval = 0;
    while (interval < SLOWDOWN_BOUNDS.length && slowdown > SLOWDOWN_BOUNDS[interval]!) interval++;
    this.counts[interval]!++;
  }
}
