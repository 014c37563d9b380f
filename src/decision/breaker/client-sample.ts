/**
 * A hash table of clients in bounded memory: all clients while they fit, then a sample by their keyed hash
 * (client-hash). At level n a client is in the sample if the first n bits of its hash are 0, so each sampled client
 * represents 2^n clients (Wegman's adaptive sampling). Whether a client is in the sample does not depend on when or how
 * often it is seen.
 *
 * The table uses open addressing over columns; a row has a fixed number of values for the table's owner. When three
 * quarters of the slots are used, rows that are no longer needed are removed; if more than half are still used, the
 * table is doubled up to its capacity. At its capacity the level rises, and clients outside the sample are removed.
 * Rows move then, so a row number is valid until the next `take`, `raiseLevel` or `lowerLevel`.
 */
import type { Snapshot } from '../../core/snapshot.ts';

/** Result of `find` for a client without a row, and of `take` for a client outside the sample. */
export const NO_ROW = -1;
/** The initial value of a row: a time before all others. */
export const NEVER = -Infinity;
/** Slots of a new table: few clients then lie close together in memory. */
const FIRST_SLOTS = 512;
/** At the highest level 2^32 clients take 2^8 rows. */
const MAX_LEVEL = 24;
const HASH_BITS = 32;
/** The load at which room is made, the highest load after that, and the load below which the level falls. */
const MAX_LOAD = 0.75;
const LOAD_AFTER_CLEANUP = 0.5;
const LOW_LOAD = 0.125;

export function isLevel(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_LEVEL;
}

export class ClientSample {
  /** Each row represents 2^level clients. */
  level = 0;
  /** Used rows. */
  count = 0;
  private readonly capacity: number;
  /** Slots so far, used or free; at most `capacity`. */
  private slots: number;
  /** `width` values for each row. */
  values: Float64Array;
  private readonly width: number;
  private high: Int32Array;
  private low: Int32Array;
  private isUsed: Uint8Array;
  /** True for rows that the owner still needs. */
  private readonly isNeeded: (row: number) => boolean;

  /** `capacity` is a power of two: the greatest number of slots. */
  constructor(capacity: number, width: number, isNeeded: (row: number) => boolean) {
    this.capacity = capacity;
    this.slots = Math.min(capacity, FIRST_SLOTS);
    this.width = width;
    this.isNeeded = isNeeded;
    this.high = new Int32Array(this.slots);
    this.low = new Int32Array(this.slots);
    this.isUsed = new Uint8Array(this.slots);
    this.values = new Float64Array(this.slots * width);
  }

  /** Copies its state, or puts a copy back. To be called between two batches. */
  snapshot(walk: Snapshot): void {
    this.level = walk.number(this.level);
    this.count = walk.number(this.count);
    this.slots = walk.number(this.slots);
    this.high = walk.column(this.high);
    this.low = walk.column(this.low);
    this.isUsed = walk.column(this.isUsed);
    this.values = walk.column(this.values);
  }

  /** The client's row, or NO_ROW. */
  find(high: number, low: number): number {
    const row = this.slotOf(high, low);
    return this.isUsed[row] === 1 ? row : NO_ROW;
  }

  /** True when a client is in the sample at the current level. */
  isSampled(low: number): boolean {
    return this.level === 0 || low >>> (HASH_BITS - this.level) === 0;
  }

  /** The client's row, which is added if it is missing; NO_ROW for a client outside the sample. `level` may rise. */
  take(high: number, low: number): number {
    if (!this.isSampled(low)) return NO_ROW;
    let row = this.slotOf(high, low);
    if (this.isUsed[row] === 1) return row;
    if (this.count >= this.slots * MAX_LOAD) {
      this.makeRoom();
      if (!this.isSampled(low)) return NO_ROW;
      row = this.slotOf(high, low);
    }
    this.put(row, high, low);
    return row;
  }

  /** Lowers the level by one if the table is nearly empty. True where it did. */
  lowerLevel(): boolean {
    if (this.level === 0) return false;
    this.rebuild();
    if (this.count > this.capacity * LOW_LOAD) return false;
    this.level--;
    return true;
  }

  /** Raises the level to at least this one. */
  raiseLevel(level: number): void {
    if (level <= this.level) return;
    this.level = Math.min(level, MAX_LEVEL);
    this.rebuild();
  }

  /** Calls `visit` with every row and its hash. */
  visit(visit: (row: number, high: number, low: number) => void): void {
    for (let row = 0; row < this.slots; row++) if (this.isUsed[row] === 1) visit(row, this.high[row]!, this.low[row]!);
  }

  clear(): void {
    this.isUsed.fill(0);
    this.count = 0;
    this.level = 0;
  }

  private makeRoom(): void {
    if (this.slots < this.capacity) {
      this.rebuild(this.neededCount() > this.slots * LOAD_AFTER_CLEANUP ? this.slots * 2 : this.slots);
      return;
    }
    this.rebuild();
    while (this.count > this.capacity * LOAD_AFTER_CLEANUP && this.level < MAX_LEVEL) {
      this.level++;
      this.rebuild();
    }
  }

  private neededCount(): number {
    let needed = 0;
    for (let row = 0; row < this.slots; row++) if (this.isUsed[row] === 1 && this.isNeeded(row)) needed++;
    return needed;
  }

  /** Keeps the rows that are needed and in the sample, in a table with this many slots, and drops the others. */
  private rebuild(slots: number = this.slots): void {
    const { high, low, isUsed, values, width } = this;
    // The owner reads the values of rows, which move below.
    const isKept = new Uint8Array(isUsed.length);
    for (let row = 0; row < isUsed.length; row++)
      isKept[row] = isUsed[row] === 1 && this.isSampled(low[row]!) && this.isNeeded(row) ? 1 : 0;
    this.slots = slots;
    this.high = new Int32Array(slots);
    this.low = new Int32Array(slots);
    this.isUsed = new Uint8Array(slots);
    this.values = new Float64Array(slots * width);
    this.count = 0;
    for (let old = 0; old < isKept.length; old++) {
      if (isKept[old] === 0) continue;
      const row = this.slotOf(high[old]!, low[old]!);
      this.put(row, high[old]!, low[old]!);
      for (let i = 0; i < width; i++) this.values[row * width + i] = values[old * width + i]!;
    }
  }

  private put(row: number, high: number, low: number): void {
    this.isUsed[row] = 1;
    this.high[row] = high;
    this.low[row] = low;
    for (let i = 0; i < this.width; i++) this.values[row * this.width + i] = NEVER;
    this.count++;
  }

  /** The client's row, or the free one for it. */
  private slotOf(high: number, low: number): number {
    const mask = this.slots - 1;
    let row = high & mask;
    while (this.isUsed[row] === 1 && (this.high[row] !== high || this.low[row] !== low)) row = (row + 1) & mask;
    return row;
  }
}
