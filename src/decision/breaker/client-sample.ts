/**
 * A table of clients in bounded memory: all of them while they fit, after that a sample by their keyed hash (client-hash). At level n a client
 * is in the sample if the first n bits of its hash are 0, so each stands for 2^n clients (Wegman's adaptive sampling). Whether a client is in
 * the sample never depends on when or how often it comes.
 *
 * Open addressing over columns; a row has a fixed number of values, which are its owner's. When three quarters are taken the rows that are no
 * longer needed go; where more than half are needed the level rises, and those that are no longer in the sample go. Rows move then, so a row's
 * number is valid until the next `take` or `lowerLevel`.
 */

/** Answer of `find` for a client that has no row, and of `take` for one that is not in the sample. */
export const NO_ROW = -1;
/** A value of a row before it is set: a time before all others. */
export const NEVER = -Infinity;
/** Each level halves the sample; 2^32 clients at the highest would still be few rows. */
const HIGHEST_LEVEL = 24;
const HASH_BITS = 32;
const FULLEST = 0.75;
const FULL_AFTER = 0.5;
const EMPTY_ENOUGH = 0.125;

export function isLevel(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= HIGHEST_LEVEL;
}

export class ClientSample {
  /** Each row stands for 2^level clients. */
  level = 0;
  /** Rows taken. */
  count = 0;
  /** Rows of the table, taken or not. */
  readonly capacity: number;
  /** `width` values of each row. */
  values: Float64Array;
  private readonly width: number;
  private high: Int32Array;
  private low: Int32Array;
  private isTaken: Uint8Array;
  /** Whether the owner still needs a row. */
  private readonly isNeeded: (row: number) => boolean;

  /** `capacity` a power of two. */
  constructor(capacity: number, width: number, isNeeded: (row: number) => boolean) {
    this.capacity = capacity;
    this.width = width;
    this.isNeeded = isNeeded;
    this.high = new Int32Array(capacity);
    this.low = new Int32Array(capacity);
    this.isTaken = new Uint8Array(capacity);
    this.values = new Float64Array(capacity * width);
  }

  /** The client's row; NO_ROW where it has none. */
  find(high: number, low: number): number {
    const row = this.placeOf(high, low);
    return this.isTaken[row] === 1 ? row : NO_ROW;
  }

  /** True where the client is in the sample at the level of now. */
  isSampled(low: number): boolean {
    return this.level === 0 || low >>> (HASH_BITS - this.level) === 0;
  }

  /** The client's row, taken now if it had none; NO_ROW where it is not in the sample. `level` may be another after it. */
  take(high: number, low: number): number {
    if (!this.isSampled(low)) return NO_ROW;
    let row = this.placeOf(high, low);
    if (this.isTaken[row] === 1) return row;
    if (this.count >= this.capacity * FULLEST) {
      this.makeRoom();
      if (!this.isSampled(low)) return NO_ROW;
      row = this.placeOf(high, low);
    }
    this.put(row, high, low);
    return row;
  }

  /** Lowers the level by one where the table has become nearly empty; true where it did. */
  lowerLevel(): boolean {
    if (this.level === 0) return false;
    this.rebuild();
    if (this.count > this.capacity * EMPTY_ENOUGH) return false;
    this.level--;
    return true;
  }

  /** Raises the level to this at least. */
  raiseLevel(level: number): void {
    if (level <= this.level) return;
    this.level = Math.min(level, HIGHEST_LEVEL);
    this.rebuild();
  }

  /** Calls `visit` with every row and its hash. */
  visit(visit: (row: number, high: number, low: number) => void): void {
    for (let row = 0; row < this.capacity; row++)
      if (this.isTaken[row] === 1) visit(row, this.high[row]!, this.low[row]!);
  }

  clear(): void {
    this.isTaken.fill(0);
    this.count = 0;
    this.level = 0;
  }

  private makeRoom(): void {
    this.rebuild();
    while (this.count > this.capacity * FULL_AFTER && this.level < HIGHEST_LEVEL) {
      this.level++;
      this.rebuild();
    }
  }

  /** Fills the table again with the rows that are needed and in the sample. */
  private rebuild(): void {
    const { high, low, isTaken, values, width, capacity } = this;
    const isKept = Uint8Array.from(isTaken, (taken, row) => (taken === 1 && this.isNeeded(row) ? 1 : 0));
    this.high = new Int32Array(capacity);
    this.low = new Int32Array(capacity);
    this.isTaken = new Uint8Array(capacity);
    this.values = new Float64Array(capacity * width);
    this.count = 0;
    for (let old = 0; old < capacity; old++) {
      if (isKept[old] === 0 || !this.isSampled(low[old]!)) continue;
      const row = this.placeOf(high[old]!, low[old]!);
      this.put(row, high[old]!, low[old]!);
      for (let i = 0; i < width; i++) this.values[row * width + i] = values[old * width + i]!;
    }
  }

  private put(row: number, high: number, low: number): void {
    this.isTaken[row] = 1;
    this.high[row] = high;
    this.low[row] = low;
    this.values.fill(NEVER, row * this.width, (row + 1) * this.width);
    this.count++;
  }

  /** The client's row, or the free one where it would go. */
  private placeOf(high: number, low: number): number {
    const mask = this.capacity - 1;
    let row = high & mask;
    while (this.isTaken[row] === 1 && (this.high[row] !== high || this.low[row] !== low)) row = (row + 1) & mask;
    return row;
  }
}
