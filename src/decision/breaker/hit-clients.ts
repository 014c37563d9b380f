/**
 * Clients that were hit (throttled or blocked), and the number of newly hit ones within each of several sliding
 * windows, by the stage of the finding. A client counts as newly hit again only after a day without a hit (or after the
 * longest window, where that is longer), so a client that retries every few minutes counts once.
 *
 * The 61 slices span at least the window, so no hit is left out. Counts are exact while the clients fit into the table,
 * and estimates with an upper bound after that.
 */
import { ClientGroup, GROUPS } from '../../policy/client-groups.ts';
import { ClientSample, isLevel, NO_ROW } from './client-sample.ts';
import { packDoubles, packWords, unpackDoubles, unpackWords } from './packed-numbers.ts';
import { SlidingCounts, SLICES } from './sliding-counts.ts';
import type { Snapshot } from '../../core/snapshot.ts';

export const HIT_CAPACITY = 1 << 16;
/** The shortest time for which a hit is remembered. */
const MIN_MEMORY_US = 24 * 3_600_000_000;

/**
 * Values of a row: for each group the time of the last hit, then for each group the time from which the client counts
 * as hit.
 */
const SINCE = GROUPS;
const WIDTH = 2 * GROUPS;

/** The clients as plain data for JSON, without their addresses. */
export interface HitState {
  readonly level: number;
  /** By client: two words of hash, and its six times (packed-numbers). */
  readonly hashes: string;
  readonly times: string;
}

export class HitClients {
  private readonly sample: ClientSample;
  private windows: SlidingCounts[] = [];
  private memoryUs = MIN_MEMORY_US;
  private now = -Infinity;
  /** The start of the next slice of any window. */
  private nextSliceUs = -Infinity;

  /** `capacity`: slots of the table, a power of two; up to three quarters are used. */
  constructor(windowsUs: readonly number[], capacity: number = HIT_CAPACITY) {
    this.sample = new ClientSample(capacity, WIDTH, (row) => this.isRemembered(row, ClientGroup.ANY));
    this.useWindows(windowsUs);
  }

  /** Counts within these windows from now on. Remembered hits count in new windows too. */
  useWindows(windowsUs: readonly number[]): void {
    this.memoryUs = Math.max(MIN_MEMORY_US, ...windowsUs);
    this.windows = windowsUs.map((windowUs) => new SlidingCounts(windowUs, SLICES + 1, GROUPS));
    for (const window of this.windows) window.advance(this.now, this.sample.level);
    this.nextSliceUs = -Infinity;
    this.recount();
  }

  /** The counts within the window of this length, which must be in use. */
  within(windowUs: number): SlidingCounts {
    return this.windows.find((window) => window.windowUs === windowUs)!;
  }

  /** Copies its state, or puts a copy back. To be called between two batches. */
  snapshot(walk: Snapshot): void {
    this.now = walk.number(this.now);
    this.memoryUs = walk.number(this.memoryUs);
    const windows = walk.data(this.windows.map(({ windowUs }) => windowUs));
    if (walk.isRestoring) this.windows = windows.map((windowUs) => new SlidingCounts(windowUs, SLICES + 1, GROUPS));
    this.nextSliceUs = -Infinity;
    for (const window of this.windows) window.snapshot(walk);
    this.sample.snapshot(walk);
  }

  /** Moves the windows to end at a time. Times never go back. */
  advance(timeUs: number): void {
    const { sample } = this;
    this.now = timeUs;
    if (timeUs < this.nextSliceUs) return;
    let isOther = false;
    this.nextSliceUs = Infinity;
    for (const window of this.windows) {
      if (window.advance(timeUs, sample.level)) isOther = true;
      this.nextSliceUs = Math.min(this.nextSliceUs, window.nextSlice(timeUs));
    }
    if (isOther && sample.level > 0 && sample.lowerLevel()) this.recount();
  }

  /** True when a hit of this client would count as new in the group. It always does for a client outside the sample. */
  isNew(high: number, low: number, group: number): boolean {
    const row = this.sample.find(high, low);
    return row === NO_ROW || !this.isRemembered(row, group);
  }

  /** Records a hit for a finding of a stage. `timeUs` is the time of the last `advance`. */
  hit(timeUs: number, high: number, low: number, stage: number): void {
    const { sample } = this;
    const { level } = sample;
    const row = sample.take(high, low);
    if (sample.level !== level) this.recount();
    if (row === NO_ROW) return;
    this.record(row, ClientGroup.ANY, timeUs);
    this.record(row, stage, timeUs);
  }

  /** Records that a remembered client is still being hit, so that it stays remembered. */
  touch(timeUs: number, high: number, low: number, stage: number): void {
    const row = this.sample.find(high, low);
    if (row === NO_ROW) return;
    for (const group of [ClientGroup.ANY, stage])
      if (this.isRemembered(row, group)) this.sample.values[row * WIDTH + group] = timeUs;
  }

  /** Forgets every hit. */
  clear(): void {
    this.sample.clear();
    for (const window of this.windows) window.importLevels([]);
    this.recount();
  }

  exportState(): HitState {
    const hashes: number[] = [];
    const times: number[] = [];
    this.sample.visit((row, high, low) => {
      if (!this.isRemembered(row, ClientGroup.ANY)) return;
      hashes.push(high, low);
      for (let i = 0; i < WIDTH; i++) times.push(this.sample.values[row * WIDTH + i]!);
    });
    return { level: this.sample.level, hashes: packWords(hashes), times: packDoubles(times) };
  }

  /** Imports an exported state as of a time. Throws TypeError for an invalid one. */
  importState(state: HitState, timeUs: number): void {
    const hashes = unpackWords(state.hashes);
    const times = unpackDoubles(state.times);
    if (times.length * 2 !== hashes.length * WIDTH || !isLevel(state.level) || times.some(Number.isNaN))
      throw new TypeError('the state of hit clients is not valid');
    this.advance(timeUs);
    this.sample.raiseLevel(state.level);
    for (let client = 0; client * 2 < hashes.length; client++) {
      const row = this.sample.take(hashes[client * 2]!, hashes[client * 2 + 1]!);
      if (row === NO_ROW) continue;
      for (let i = 0; i < WIDTH; i++) this.sample.values[row * WIDTH + i] = times[client * WIDTH + i]!;
    }
    this.recount();
  }

  private record(row: number, group: number, timeUs: number): void {
    const { values } = this.sample;
    if (!this.isRemembered(row, group)) {
      const since = row * WIDTH + SINCE + group;
      for (const window of this.windows) {
        window.add(group, values[since]!, -1);
        window.add(group, timeUs, 1);
      }
      values[since] = timeUs;
    }
    values[row * WIDTH + group] = timeUs;
  }

  private isRemembered(row: number, group: number): boolean {
    return this.now - this.sample.values[row * WIDTH + group]! < this.memoryUs;
  }

  /** Counts all rows again, after the level, the rows or the windows have changed. */
  private recount(): void {
    const { sample } = this;
    for (const window of this.windows) {
      window.restart(sample.level);
      sample.visit((row) => {
        for (let group = 0; group < GROUPS; group++) window.add(group, sample.values[row * WIDTH + SINCE + group]!, 1);
      });
    }
  }
}
