/**
 * Clients with a VPN finding of one group (a stage, or any) within one sliding window: what the share of a limit is of. A client counts from the
 * slice in which it was last seen, until that slice has left the window. Exact while the clients fit into the table, an estimate with a lower
 * bound after that; memory is bounded either way. Each group has a table of its own, so a flood of suspected handshakes leaves the count of
 * confirmed ones exact.
 *
 * The 60 slices reach back less than the window, so no more clients are counted than there were: a share of fewer clients stops sooner.
 */
import type { ClientGroup } from '../../policy/client-groups.ts';
import { ClientSample, isLevel, NO_ROW } from './client-sample.ts';
import { packBytes, packWords, unpackBytes, unpackWords } from './packed-numbers.ts';
import { SlidingCounts, SLICES } from './sliding-counts.ts';

export const SEEN_CAPACITY = 1 << 16;

/** The clients as plain data for JSON, without their addresses. */
export interface SeenState {
  readonly windowUs: number;
  readonly group: ClientGroup;
  readonly level: number;
  /** Levels of the slices, the oldest first. */
  readonly levels: readonly number[];
  /** Two words of hash for each client, and slices since it was last seen: base64 (packed-numbers). */
  readonly hashes: string;
  readonly ages: string;
}

export class SeenClients {
  readonly counts: SlidingCounts;
  readonly group: ClientGroup;
  /** A row's value is when the client was last seen. */
  private readonly sample: ClientSample;

  /** `capacity` (a power of two): clients that are kept apart, three quarters of it at most. */
  constructor(windowUs: number, group: ClientGroup, capacity: number = SEEN_CAPACITY) {
    this.group = group;
    this.counts = new SlidingCounts(windowUs, SLICES, 1);
    this.sample = new ClientSample(capacity, 1, (row) => this.counts.holds(this.sample.values[row]!));
  }

  /** Moves the window up to a time, which never goes back. */
  advance(timeUs: number): void {
    const { counts, sample } = this;
    if (counts.advance(timeUs, sample.level) && sample.level > 0 && sample.lowerLevel()) this.recount();
  }

  /** Notes that a client has a flow with a finding, at the time that `advance` was given last. */
  see(timeUs: number, high: number, low: number): void {
    const { sample, counts } = this;
    const { level } = sample;
    const row = sample.take(high, low);
    if (sample.level !== level) this.recount();
    if (row === NO_ROW) return;
    const before = sample.values[row]!;
    if (counts.sliceOf(before) === counts.sliceOf(timeUs)) return;
    sample.values[row] = timeUs;
    counts.add(0, before, -1);
    counts.add(0, timeUs, 1);
  }

  /** Adds the clients of another window, as far as their times are known there. */
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

  /** Takes up an exported state, as of a time. Throws TypeError where it is none. */
  importState(state: SeenState, timeUs: number): void {
    const { counts, sample } = this;
    const hashes = unpackWords(state.hashes);
    const ages = unpackBytes(state.ages);
    if (hashes.length !== ages.length * 2 || !isLevel(state.level) || !state.levels.every(isLevel))
      throw new TypeError('these are no clients that were seen');
    counts.advance(timeUs, state.level);
    counts.importLevels(state.levels);
    sample.raiseLevel(state.level);
    for (let client = 0; client < ages.length; client++) {
      const row = sample.take(hashes[client * 2]!, hashes[client * 2 + 1]!);
      if (row !== NO_ROW) sample.values[row] = timeUs - ages[client]! * counts.sliceUs;
    }
    this.recount();
  }

  /** Counts all rows again: the level has changed, and with it which are there. */
  private recount(): void {
    const { counts, sample } = this;
    counts.restart(sample.level);
    sample.visit((row) => {
      counts.add(0, sample.values[row]!, 1);
    });
  }
}
