/**
 * How many distinct clients were seen, and how many were newly affected, within a sliding window of packet time.
 *
 * The window is SLICES slices long: a client counts from the slice it was last seen in (or became affected in) until that slice has left the window. So
 * the answer is exact for the slices, and each slice's clients are one number to subtract. A client that is affected and was affected before is new
 * again only after AFFECTED_MEMORY_US without: someone who retries every few minutes is one client hit, not a hundred.
 *
 * Memory is bounded: an open-addressing table of `capacity` clients in columns, rebuilt without those that no longer matter when three quarters are
 * taken. Should all of them matter, further clients are not remembered: each time one is affected it counts as new, and none counts as seen, so both
 * limits of the breaker err on the side of stopping.
 *
 * Invariants: a row is free when its `seen` is NEVER; the totals are the sums over the slices in the window; in columns of slices, LONG_AGO stands for not yet; a slice number is its start divided by its length. Time that steps
 * back counts as the latest time.
 */
import type { Address } from './client-key.ts';
import { clientHash } from './client-key.ts';

const SLICES = 60;
const AFFECTED_MEMORY_US = 24 * 3_600_000_000;
const KEY_WORDS = 4;
/** `seen` of a free row. */
const NEVER = -Infinity;
/** A slice before all others, in no window. */
const LONG_AGO = -Number.MAX_VALUE;
/** Stands for a row where there is no room. */
const NO_ROW = -1;
export const DEFAULT_CAPACITY = 1 << 18;

/** An affected client as plain data: address words, and the slices in which it was last and became newly affected. */
export type AffectedClient = readonly [number, number, number, number, lastSlice: number, newSlice: number];

export class ClientWindow {
  readonly sliceUs: number;
  private readonly capacity: number;
  private readonly keys: Int32Array;
  /** Slice in which the client was last seen; NEVER for a free row. */
  private readonly seen: Float64Array;
  /** Slice in which the client was last affected, and the one since which it counts as affected. */
  private readonly affected: Float64Array;
  private readonly newly: Float64Array;
  private rows = 0;
  /** Slice of the last compaction: a table full of clients that matter is not searched again for each packet. */
  private compactedAt = NEVER;
  private now = 0;
  private readonly seenBySlice = new Float64Array(SLICES);
  private readonly newlyBySlice = new Float64Array(SLICES);
  private seenTotal = 0;
  private newlyTotal = 0;

  /** `capacity` a power of two. */
  constructor(windowUs: number, capacity: number = DEFAULT_CAPACITY) {
    this.sliceUs = windowUs / SLICES;
    this.capacity = capacity;
    this.keys = new Int32Array(capacity * KEY_WORDS);
    this.seen = new Float64Array(capacity).fill(NEVER);
    this.affected = new Float64Array(capacity);
    this.newly = new Float64Array(capacity);
  }

  /** Distinct clients seen in the window. */
  get seenCount(): number {
    return this.seenTotal;
  }

  /** Clients that became affected in the window. */
  get newlyAffectedCount(): number {
    return this.newlyTotal;
  }

  /** Notes a client's packet. */
  see(timeUs: number, client: Address): void {
    this.advance(timeUs);
    this.seeRow(this.rowOf(client));
  }

  /** True when affecting this client now would make it newly affected. */
  isNew(timeUs: number, client: Address): boolean {
    this.advance(timeUs);
    const row = this.find(client);
    return this.seen[row] === NEVER || !this.isRemembered(row);
  }

  /** Notes that a client is throttled or blocked now. */
  affect(timeUs: number, client: Address): void {
    this.advance(timeUs);
    const row = this.rowOf(client);
    this.seeRow(row);
    if (row === NO_ROW) {
      this.newlyBySlice[this.now % SLICES]!++;
      this.newlyTotal++;
      return;
    }
    if (!this.isRemembered(row)) {
      this.newly[row] = this.now;
      this.newlyBySlice[this.now % SLICES]!++;
      this.newlyTotal++;
    }
    this.affected[row] = this.now;
  }

  /** Forgets everything but the time. */
  clear(): void {
    this.seen.fill(NEVER);
    this.rows = 0;
    this.seenBySlice.fill(0);
    this.newlyBySlice.fill(0);
    this.seenTotal = 0;
    this.newlyTotal = 0;
    this.compactedAt = NEVER;
  }

  /** The affected clients that are remembered, in no particular order. */
  affectedClients(): AffectedClient[] {
    const clients: AffectedClient[] = [];
    for (let row = 0; row < this.capacity; row++) {
      if (this.seen[row] === NEVER || !this.isRemembered(row)) continue;
      const at = row * KEY_WORDS;
      const { keys } = this;
      clients.push([keys[at]!, keys[at + 1]!, keys[at + 2]!, keys[at + 3]!, this.affected[row]!, this.newly[row]!]);
    }
    return clients;
  }

  /** Takes clients that `affectedClients` gave, up to the slice `now`; what was seen is not among them. */
  restore(now: number, clients: readonly AffectedClient[]): void {
    this.clear();
    this.now = now;
    for (const [word0, word1, word2, word3, lastSlice, newSlice] of clients) {
      const row = this.rowOf([word0, word1, word2, word3]);
      if (row === NO_ROW) return;
      this.seen[row] = LONG_AGO;
      this.affected[row] = lastSlice;
      this.newly[row] = newSlice;
      if (newSlice <= now - SLICES || newSlice > now) continue;
      this.newlyBySlice[newSlice % SLICES]!++;
      this.newlyTotal++;
    }
  }

  /** The current slice. */
  get slice(): number {
    return this.now;
  }

  private isRemembered(row: number): boolean {
    return this.isRecent(this.affected[row]!);
  }

  private isRecent(affectedSlice: number): boolean {
    return (this.now - affectedSlice) * this.sliceUs < AFFECTED_MEMORY_US;
  }

  private seeRow(row: number): void {
    if (row === NO_ROW) return;
    const before = this.seen[row]!;
    if (before === this.now) return;
    if (before > this.now - SLICES) this.seenBySlice[before % SLICES]!--;
    else this.seenTotal++;
    this.seen[row] = this.now;
    this.seenBySlice[this.now % SLICES]!++;
  }

  /** Moves the window up to a time: the slices that leave it take their clients along. */
  private advance(timeUs: number): void {
    const slice = Math.floor(timeUs / this.sliceUs);
    if (slice <= this.now) return;
    for (let next = Math.max(this.now + 1, slice - SLICES + 1); next <= slice; next++) {
      const place = next % SLICES;
      this.seenTotal -= this.seenBySlice[place]!;
      this.newlyTotal -= this.newlyBySlice[place]!;
      this.seenBySlice[place] = 0;
      this.newlyBySlice[place] = 0;
    }
    this.now = slice;
  }

  /** The client's row, taken now if it had none; NO_ROW where there is no room. */
  private rowOf(client: Address): number {
    let row = this.find(client);
    if (this.seen[row] !== NEVER) return row;
    if (this.rows >= this.capacity * 0.75) {
      if (this.compactedAt === this.now) return NO_ROW;
      this.compact();
      if (this.rows >= this.capacity * 0.75) return NO_ROW;
      row = this.find(client);
    }
    this.rows++;
    this.keys.set(client, row * KEY_WORDS);
    this.affected[row] = LONG_AGO;
    this.newly[row] = LONG_AGO;
    this.seen[row] = LONG_AGO;
    return row;
  }

  /** The client's row, or the free row where it would go. */
  private find(client: Address): number {
    const { keys, seen } = this;
    const mask = this.capacity - 1;
    let row = clientHash(client) & mask;
    while (seen[row] !== NEVER) {
      const at = row * KEY_WORDS;
      const same =
        keys[at + 3] === client[3] &&
        keys[at] === client[0] &&
        keys[at + 1] === client[1] &&
        keys[at + 2] === client[2];
      if (same) break;
      row = (row + 1) & mask;
    }
    return row;
  }

  /** Rebuilds the table with the clients that are in the window or remembered as affected. */
  private compact(): void {
    this.compactedAt = this.now;
    const keys = this.keys.slice();
    const seen = this.seen.slice();
    const affected = this.affected.slice();
    const newly = this.newly.slice();
    this.seen.fill(NEVER);
    this.rows = 0;
    for (let old = 0; old < this.capacity; old++) {
      if (seen[old] === NEVER) continue;
      if (seen[old]! <= this.now - SLICES && !this.isRecent(affected[old]!)) continue;
      const client = keys.subarray(old * KEY_WORDS, (old + 1) * KEY_WORDS);
      const row = this.find(client);
      this.keys.set(client, row * KEY_WORDS);
      this.seen[row] = seen[old]!;
      this.affected[row] = affected[old]!;
      this.newly[row] = newly[old]!;
      this.rows++;
    }
  }
}
