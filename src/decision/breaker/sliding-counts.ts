/**
 * Counts clients of a sample (client-sample) in a sliding window of time, by group: a ring of slices with one count for
 * each group. Each slice keeps the level at which its clients were sampled. Where all levels are 0, counts are exact;
 * otherwise they are estimates with a lower and an upper bound, each at 95 % confidence.
 *
 * The window is a number of slices that ends with the current one: 60 slices span at most the window, 61 at least.
 *
 * Invariants: `totals` are the sums over the slices of the window. Times passed to `advance` never go back.
 */
import type { Snapshot } from '../../core/snapshot.ts';

/** A slice is this fraction of a window. */
export const SLICES = 60;
/** The 95 % quantile of the standard normal distribution. */
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

  /** `slices`: the number of slices that are counted, SLICES or one more. */
  constructor(windowUs: number, slices: number, groups: number) {
    this.windowUs = windowUs;
    this.sliceUs = windowUs / SLICES;
    this.slices = slices;
    this.groups = groups;
    this.counts = new Float64Array(slices * groups);
    this.levels = new Uint8Array(slices);
    this.totals = new Float64Array(groups);
  }

  /** Copies its state, or puts a copy back. To be called between two batches. */
  snapshot(walk: Snapshot): void {
    this.now = walk.number(this.now);
    this.highestLevel = walk.number(this.highestLevel);
    walk.fixed(this.counts);
    walk.fixed(this.levels);
    walk.fixed(this.totals);
  }

  sliceOf(timeUs: number): number {
    return Math.floor(timeUs / this.sliceUs);
  }

  /** The start of the slice after that of a time. */
  nextSlice(timeUs: number): number {
    return (this.sliceOf(timeUs) + 1) * this.sliceUs;
  }

  /**
   * Moves the window to end at a time; clients of its new slices are sampled at this level. True where it moved by a
   * slice.
   */
  advance(timeUs: number, level: number): boolean {
    const slice = this.sliceOf(timeUs);
    if (slice <= this.now) return false;
    const { slices, groups, counts, levels, totals } = this;
    for (let next = Math.max(this.now + 1, slice - slices + 1); next <= slice; next++) {
      const index = indexOf(next, slices);
      for (let group = 0; group < groups; group++) {
        totals[group]! -= counts[index * groups + group]!;
        counts[index * groups + group] = 0;
      }
      levels[index] = level;
    }
    this.now = slice;
    this.highestLevel = levels.reduce((highest, one) => Math.max(highest, one), 0);
    return true;
  }

  /** The number of slices from that of a time to the current one. */
  age(timeUs: number): number {
    return this.now - this.sliceOf(timeUs);
  }

  holds(timeUs: number): boolean {
    const slice = this.sliceOf(timeUs);
    return slice > this.now - this.slices && slice <= this.now;
  }

  /** Adds a client at a time, or with -1 removes one. A time outside the window changes nothing. */
  add(group: number, timeUs: number, clients: 1 | -1): void {
    if (!this.holds(timeUs)) return;
    this.counts[indexOf(this.sliceOf(timeUs), this.slices) * this.groups + group]! += clients;
    this.totals[group]! += clients;
  }

  /** Counts a client of a time in the current slice from now on; false where it is counted there. */
  moveToCurrent(group: number, timeUs: number): boolean {
    const { now, slices, groups, counts } = this;
    const slice = this.sliceOf(timeUs);
    if (slice === now) return false;
    counts[indexOf(now, slices) * groups + group]!++;
    if (slice > now - slices && slice < now) counts[indexOf(slice, slices) * groups + group]!--;
    else this.totals[group]!++;
    return true;
  }

  /** Clears the counts before a recount. All slices get at least this level. */
  restart(level: number): void {
    this.counts.fill(0);
    this.totals.fill(0);
    for (let index = 0; index < this.slices; index++) this.levels[index] = Math.max(this.levels[index]!, level);
    this.highestLevel = Math.max(this.highestLevel, level);
  }

  /** The levels of the slices, the oldest first. */
  exportLevels(): number[] {
    const oldest = this.now - this.slices + 1;
    return Array.from({ length: this.slices }, (_, i) => this.levels[indexOf(oldest + i, this.slices)]!);
  }

  importLevels(levels: readonly number[]): void {
    const oldest = this.now - this.slices + 1;
    for (let i = 0; i < this.slices; i++) this.levels[indexOf(oldest + i, this.slices)] = levels[i] ?? 0;
    this.highestLevel = this.levels.reduce((highest, one) => Math.max(highest, one), 0);
  }

  get isExact(): boolean {
    return this.highestLevel === 0;
  }

  /** Clients of a group in the window; an estimate where counts are not exact. */
  estimate(group: number): number {
    return this.isExact ? this.totals[group]! : this.bound(group, 0);
  }

  /** An upper bound on the clients of a group in the window, at 95 % confidence where counts are not exact. */
  upper(group: number): number {
    return this.isExact ? this.totals[group]! : this.bound(group, Z);
  }

  /** A lower bound on the clients of a group in the window, at 95 % confidence where counts are not exact. */
  lower(group: number): number {
    if (this.isExact) return this.totals[group]!;
    // Every client of the sample exists.
    return Math.max(this.totals[group]!, this.bound(group, -Z));
  }

  /**
   * The estimate moved by z standard deviations. A slice with n sampled clients at level l has 2^l n expected clients
   * with a variance of (2^l - 1) 2^l n. The score interval, with the largest weight for all slices, also holds where
   * the sample has few clients or none.
   */
  private bound(group: number, z: number): number {
    let estimate = 0;
    let variance = 0;
    for (let index = 0; index < this.slices; index++) {
      const count = this.counts[index * this.groups + group]!;
      const weight = 2 ** this.levels[index]!;
      estimate += weight * count;
      variance += weight * (weight - 1) * count;
    }
    if (z === 0) return estimate;
    const half = (z * z * 2 ** this.highestLevel) / 2;
    return estimate + half + Math.sign(z) * Math.sqrt(z * z * variance + half * half);
  }
}

/** The index of a slice in the ring, also of one before 1970; 0 before the first `advance`, where there is no slice. */
function indexOf(slice: number, slices: number): number {
  return Number.isFinite(slice) ? ((slice % slices) + slices) % slices : 0;
}
