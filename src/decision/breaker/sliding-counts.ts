/**
 * How many clients fall into a sliding window of time, in groups: a ring of slices with a count for each group, of clients in a sample
 * (client-sample). Each slice keeps the level at which its clients were sampled. At level 0 throughout, counts are exact for the slices;
 * else they are estimates with bounds between which the number lies with 95 % confidence on each side.
 *
 * The window is a number of slices, with the one that time is in: 60 of them reach back less than the window, 61 more.
 *
 * Invariants: `totals` are the sums over the slices in the window; times never go back (the caller sees to that).
 */

/** Slices that a window is cut into. */
export const SLICES = 60;
/** Standard deviations below which 95 % of a normal distribution lie. */
const Z = 1.645;

export class SlidingCounts {
  readonly windowUs: number;
  readonly sliceUs: number;
  private readonly slices: number;
  private readonly groups: number;
  private readonly counts: Float64Array;
  private readonly levels: Uint8Array;
  private readonly totals: Float64Array;
  private highestLevel = 0;
  private now = -Infinity;

  /** `slices` of a sixtieth of the window each are looked at. */
  constructor(windowUs: number, slices: number, groups: number) {
    this.windowUs = windowUs;
    this.sliceUs = windowUs / SLICES;
    this.slices = slices;
    this.groups = groups;
    this.counts = new Float64Array(slices * groups);
    this.levels = new Uint8Array(slices);
    this.totals = new Float64Array(groups);
  }

  sliceOf(timeUs: number): number {
    return Math.floor(timeUs / this.sliceUs);
  }

  /** The first time of the slice after the one that a time is in. */
  nextSlice(timeUs: number): number {
    return (this.sliceOf(timeUs) + 1) * this.sliceUs;
  }

  /** Moves the window up to a time; clients of its new slices are sampled at this level. True where the slice is another. */
  advance(timeUs: number, level: number): boolean {
    const slice = this.sliceOf(timeUs);
    if (slice <= this.now) return false;
    const { slices, groups, counts, levels, totals } = this;
    for (let next = Math.max(this.now + 1, slice - slices + 1); next <= slice; next++) {
      const place = next % slices;
      for (let group = 0; group < groups; group++) {
        totals[group]! -= counts[place * groups + group]!;
        counts[place * groups + group] = 0;
      }
      levels[place] = level;
    }
    this.now = slice;
    this.highestLevel = levels.reduce((highest, one) => Math.max(highest, one), 0);
    return true;
  }

  /** Slices from the one that a time is in to the latest. */
  age(timeUs: number): number {
    return this.now - this.sliceOf(timeUs);
  }

  holds(timeUs: number): boolean {
    const slice = this.sliceOf(timeUs);
    return slice > this.now - this.slices && slice <= this.now;
  }

  /** Counts a client of a time in the window, or with -1 one less. A time that is not in it changes nothing. */
  add(group: number, timeUs: number, clients: 1 | -1): void {
    if (!this.holds(timeUs)) return;
    this.counts[(this.sliceOf(timeUs) % this.slices) * this.groups + group]! += clients;
    this.totals[group]! += clients;
  }

  /** Forgets the counts, which are about to be made again. All slices are of this level at least. */
  restart(level: number): void {
    this.counts.fill(0);
    this.totals.fill(0);
    for (let place = 0; place < this.slices; place++) this.levels[place] = Math.max(this.levels[place]!, level);
    this.highestLevel = Math.max(this.highestLevel, level);
  }

  /** Levels by slice, the oldest first, and back. */
  exportLevels(): number[] {
    const oldest = this.now - this.slices + 1;
    return Array.from({ length: this.slices }, (_, i) => this.levels[placeOf(oldest + i, this.slices)]!);
  }

  importLevels(levels: readonly number[]): void {
    const oldest = this.now - this.slices + 1;
    for (let i = 0; i < this.slices; i++) this.levels[placeOf(oldest + i, this.slices)] = levels[i] ?? 0;
    this.highestLevel = this.levels.reduce((highest, one) => Math.max(highest, one), 0);
  }

  get isExact(): boolean {
    return this.highestLevel === 0;
  }

  /** Clients of a group in the window; an estimate where it is not exact. */
  estimate(group: number): number {
    return this.isExact ? this.totals[group]! : this.bound(group, 0);
  }

  /** There are no more than this, or with 95 % confidence where it is not exact. */
  upper(group: number): number {
    return this.isExact ? this.totals[group]! : this.bound(group, Z);
  }

  /** There are no fewer than this, or with 95 % confidence where it is not exact. */
  lower(group: number): number {
    if (this.isExact) return this.totals[group]!;
    // Those in the sample were there, each of them.
    return Math.max(this.totals[group]!, this.bound(group, -Z));
  }

  /**
   * The estimate, moved by z standard deviations. A slice of n clients sampled at 2^-l has 2^l n expected clients and a variance of
   * (2^l - 1) 2^l n. The score form of the interval, with the largest weight w for all, also holds where few or none are in the sample.
   */
  private bound(group: number, z: number): number {
    let estimate = 0;
    let variance = 0;
    for (let place = 0; place < this.slices; place++) {
      const count = this.counts[place * this.groups + group]!;
      const weight = 2 ** this.levels[place]!;
      estimate += weight * count;
      variance += weight * (weight - 1) * count;
    }
    if (z === 0) return estimate;
    const half = (z * z * 2 ** this.highestLevel) / 2;
    return estimate + half + Math.sign(z) * Math.sqrt(z * z * variance + half * half);
  }
}

/** Place in the ring; before the first time there is no slice. */
function placeOf(slice: number, slices: number): number {
  return Number.isFinite(slice) ? ((slice % slices) + slices) % slices : 0;
}
