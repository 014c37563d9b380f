/**
 * Clients that were throttled or blocked, and how many of them newly so within each of several sliding windows, by the stage of the finding
 * that they were hit for. A client that is hit again is new again only after a day without (or after the longest window, where that is
 * longer): a client that retries every few minutes is one client hit, not a hundred.
 *
 * The 61 slices reach back further than the window, so no hit of any true window is left out. Exact while the clients fit into the table; after
 * that estimates with an upper bound.
 */
import { ClientGroup, GROUPS } from '../../policy/client-groups.ts';
import { ClientSample, isLevel, NO_ROW } from './client-sample.ts';
import { packDoubles, packWords, unpackDoubles, unpackWords } from './packed-numbers.ts';
import { SlidingCounts, SLICES } from './sliding-counts.ts';

export const HIT_CAPACITY = 1 << 16;
const SHORTEST_MEMORY_US = 24 * 3_600_000_000;

/** Values of a row: for each group when the client was last hit, then since when it counts as hit. */
const SINCE = GROUPS;
const WIDTH = 2 * GROUPS;

/** The clients as plain data for JSON, without their addresses. */
export interface HitState {
  readonly level: number;
  /** Two words of hash for each client, and its six times: base64 (packed-numbers). */
  readonly hashes: string;
  readonly times: string;
}

export class HitClients {
  private readonly sample: ClientSample;
  private windows: SlidingCounts[] = [];
  private memoryUs = SHORTEST_MEMORY_US;
  private now = -Infinity;

  /** `capacity` (a power of two): clients that are remembered, three quarters of it at most. */
  constructor(windowsUs: readonly number[], capacity: number = HIT_CAPACITY) {
    this.sample = new ClientSample(capacity, WIDTH, (row) => this.isRemembered(row, ClientGroup.ANY));
    this.useWindows(windowsUs);
  }

  /** Counts within these windows from now on; what is remembered counts in new ones too. */
  useWindows(windowsUs: readonly number[]): void {
    this.memoryUs = Math.max(SHORTEST_MEMORY_US, ...windowsUs);
    this.windows = windowsUs.map((windowUs) => new SlidingCounts(windowUs, SLICES + 1, GROUPS));
    for (const window of this.windows) window.advance(this.now, this.sample.level);
    this.recount();
  }

  /** The counts within a window of this length, which is one of those in use. */
  within(windowUs: number): SlidingCounts {
    return this.windows.find((window) => window.windowUs === windowUs)!;
  }

  /** Moves the windows up to a time, which never goes back. */
  advance(timeUs: number): void {
    const { sample } = this;
    this.now = timeUs;
    let isOther = false;
    for (const window of this.windows) if (window.advance(timeUs, sample.level)) isOther = true;
    if (isOther && sample.level > 0 && sample.lowerLevel()) this.recount();
  }

  /** True when a hit of this client for a finding of a stage would be a new one of the group. Of a client that is not in the sample every hit is. */
  isNew(high: number, low: number, group: number): boolean {
    const row = this.sample.find(high, low);
    return row === NO_ROW || !this.isRemembered(row, group);
  }

  /** Notes a hit for a finding of a stage, at the time that `advance` was given last. */
  hit(timeUs: number, high: number, low: number, stage: number): void {
    const { sample } = this;
    const { level } = sample;
    const row = sample.take(high, low);
    if (sample.level !== level) this.recount();
    if (row === NO_ROW) return;
    this.note(row, ClientGroup.ANY, timeUs);
    this.note(row, stage, timeUs);
  }

  /** Notes that a client is still being hit: it stays remembered. */
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

  /** Takes up an exported state, as of a time. Throws TypeError where it is none. */
  importState(state: HitState, timeUs: number): void {
    const hashes = unpackWords(state.hashes);
    const times = unpackDoubles(state.times);
    if (times.length * 2 !== hashes.length * WIDTH || !isLevel(state.level) || times.some(Number.isNaN))
      throw new TypeError('these are no clients that were hit');
    this.advance(timeUs);
    this.sample.raiseLevel(state.level);
    for (let client = 0; client * 2 < hashes.length; client++) {
      const row = this.sample.take(hashes[client * 2]!, hashes[client * 2 + 1]!);
      if (row === NO_ROW) continue;
      for (let i = 0; i < WIDTH; i++) this.sample.values[row * WIDTH + i] = times[client * WIDTH + i]!;
    }
    this.recount();
  }

  private note(row: number, group: number, timeUs: number): void {
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

  /** Counts all rows again: the level or the windows have changed. */
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
