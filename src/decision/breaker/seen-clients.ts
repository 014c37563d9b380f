/**
 * Counts the clients with a VPN finding of one group (a stage, or any) within one sliding window: the share of a limit
 * is a fraction of them. A client counts until the slice in which it was last seen leaves the window. Counts are exact
 * while the clients fit into the table, and estimates with a lower bound after that; memory is bounded. Each group has
 * its own table, so a flood of suspected handshakes leaves the count of confirmed ones exact.
 *
 * The 60 slices span at most the window, so clients are never overcounted: a share of fewer clients allows fewer hits.
 */
import type { ClientGroup } from '../../policy/client-groups.ts';
import { ClientSample, isLevel, NO_ROW } from './client-sample.ts';
import { packBytes, packWords, unpackBytes, unpackWords } from './packed-numbers.ts';
import { SlidingCounts, SLICES } from './sliding-counts.ts';
import type { Snapshot } from '../../core/snapshot.ts';

export const SEEN_CAPACITY = 1 << 16;

/** The clients as plain data for JSON, without their addresses. */
export interface SeenState {
  readonly windowUs: number;
  readonly group: ClientGroup;
  readonly level: number;
  /** Sampling levels of the slices, the oldest first. */
  readonly levels: readonly number[];
  /** By client: two words of hash, and the number of slices since it was last seen (packed-numbers). */
  readonly hashes: string;
  readonly ages: string;
}

export class SeenClients {
  readonly counts: SlidingCounts;
  readonly group: ClientGroup;
  /** Set when the window begins a slice, or is new (seen-windows). */
  movedAt = 0;
  /** The value of a row is the time at which the client was last seen. */
  private readonly sample: ClientSample;

  /** `capacity`: slots of the table, a power of two; up to three quarters are used. */
  constructor(windowUs: number, group: ClientGroup, capacity: number = SEEN_CAPACITY) {
    this.group = group;
    this.counts = new SlidingCounts(windowUs, SLICES, 1);
    this.sample = new ClientSample(capacity, 1, (row) => this.counts.holds(this.sample.values[row]!));
  }

  /** Copies its state, or puts a copy back. To be called between two batches. */
  snapshot(walk: Snapshot): void {
    this.movedAt = walk.number(this.movedAt);
    this.counts.snapshot(walk);
    this.sample.snapshot(walk);
  }

  /** Moves the window to end at a time. Times never go back. True where it begins a slice. */
  advance(timeUs: number): boolean {
    const { counts, sample } = this;
    if (!counts.advance(timeUs, sample.level)) return false;
    if (sample.level > 0 && sample.lowerLevel()) this.recount();
    return true;
  }

  /** Records that a client has a flow with a finding. `timeUs` is the time of the last `advance`. */
  see(timeUs: number, high: number, low: number): void {
    const { sample, counts } = this;
    const { level } = sample;
    const row = sample.take(high, low);
    if (sample.level !== level) this.recount();
    if (row === NO_ROW) return;
    if (counts.moveToCurrent(0, sample.values[row]!)) sample.values[row] = timeUs;
  }

  /** Adds the clients of another window. */
  copyFrom(other: SeenClients, timeUs: number): void {
    this.counts.advance(timeUs, other.sample.level);
    this.sample.raiseLevel(other.sample.level);
    other.sample.visit((row, high, low) => {
      const mine = this.sample.take(high, low);
      if (mine === NO_ROW) return;
      this.sample.values[mine] = Math.max(this.sample.values[mine]!, other.sample.values[row]!);
    });
    this.recount();
  }

  exportState(): SeenState {
    const { counts, sample, group } = this;
    const hashes: number[] = [];
    const ages: number[] = [];
    sample.visit((row, high, low) => {
      const lastUs = sample.values[row]!;
      if (!counts.holds(lastUs)) return;
      hashes.push(high, low);
      ages.push(counts.age(lastUs));
    });
    const levels = counts.exportLevels();
    return {
      windowUs: counts.windowUs,
      group,
      level: sample.level,
      levels,
      hashes: packWords(hashes),
      ages: packBytes(ages),
    };
  }

  /** Imports an exported state as of a time. Throws TypeError for an invalid one. */
  importState(state: SeenState, timeUs: number): void {
    const { counts, sample } = this;
    const hashes = unpackWords(state.hashes);
    const ages = unpackBytes(state.ages);
    if (hashes.length !== ages.length * 2 || !isLevel(state.level) || !state.levels.every(isLevel))
      throw new TypeError('the state of seen clients is not valid');
    counts.advance(timeUs, state.level);
    counts.importLevels(state.levels);
    sample.raiseLevel(state.level);
    for (let client = 0; client < ages.length; client++) {
      const row = sample.take(hashes[client * 2]!, hashes[client * 2 + 1]!);
      if (row !== NO_ROW) sample.values[row] = timeUs - ages[client]! * counts.sliceUs;
    }
    this.recount();
  }

  /** Counts all rows again, after the level or the rows have changed. */
  private recount(): void {
    const { counts, sample } = this;
    counts.restart(sample.level);
    sample.visit((row) => {
      counts.add(0, sample.values[row]!, 1);
    });
  }
}
