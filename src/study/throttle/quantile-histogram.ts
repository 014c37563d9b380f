/**
 * Positive numbers, counted in intervals for quantiles. From each power of two to the next there are 128 intervals of
 * the same width, each with its upper end, so an answer is at most 1/128 above the exact quantile, and 1 stays 1.
 * Memory is bounded, whatever the numbers: a kilobyte for each power of two that occurs, from 2^-10 to 2^53. What lies
 * outside is counted in the first or last interval.
 */
const INTERVALS = 128;
const INTERVAL_BITS = 7;
const LEAST_EXPONENT = -10;
const POWERS = 64;
/** Layout of a double: the exponent's bias, and the bits of its fraction that its first 32 bits have. */
const EXPONENT_BIAS = 1023;
const FRACTION_BITS = 20;
const SHIFT = FRACTION_BITS - INTERVAL_BITS;
const BELOW_INTERVAL = (1 << SHIFT) - 1;
const FIRST = (EXPONENT_BIAS + LEAST_EXPONENT) * INTERVALS;

export class QuantileHistogram {
  count = 0;
  /** The greatest number; 0 before the first. */
  max = 0;
  /** Counts of the intervals of each power of two; null where none occurred. */
  private readonly powers: (Float64Array | null)[] = new Array<null>(POWERS).fill(null);
  private readonly view = new DataView(new ArrayBuffer(8));

  add(value: number): void {
    this.view.setFloat64(0, value);
    const high = this.view.getUint32(0);
    const isUpperEnd = (high & BELOW_INTERVAL) === 0 && this.view.getUint32(4) === 0;
    const interval = (high >>> SHIFT) - FIRST - (isUpperEnd ? 1 : 0);
    const clamped = Math.min(Math.max(interval, 0), POWERS * INTERVALS - 1);
    const power = clamped >>> INTERVAL_BITS;
    const counts = (this.powers[power] ??= new Float64Array(INTERVALS));
    counts[clamped & (INTERVALS - 1)]!++;
    this.count++;
    if (value > this.max) this.max = value;
  }

  /**
   * The quantile by nearest rank, of these numbers and `zeros` more that are 0: the upper end of the interval in which
   * it lies, or the greatest number if that is less. Null of no numbers. `share` is above 0 and at most 1.
   */
  quantile(share: number, zeros = 0): number | null {
    const total = this.count + zeros;
    if (total === 0) return null;
    let left = Math.ceil(share * total) - zeros;
    if (left <= 0) return 0;
    for (let power = 0; power < POWERS; power++) {
      const counts = this.powers[power] ?? null;
      if (counts === null) continue;
      for (let interval = 0; interval < INTERVALS; interval++) {
        left -= counts[interval]!;
        if (left <= 0) return Math.min(this.max, this.upperEnd(power * INTERVALS + interval));
      }
    }
    return this.max;
  }

  private upperEnd(interval: number): number {
    if (interval === POWERS * INTERVALS - 1) return Infinity;
    this.view.setUint32(0, (interval + FIRST + 1) << SHIFT);
    this.view.setUint32(4, 0);
    return this.view.getFloat64(0);
  }
}
