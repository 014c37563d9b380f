/**
 * The bit streams and FSE tables of Zstandard, RFC 8878 sections 4.1 and 3.1.1.3.2.2 (predefined tables).
 *
 * Safety: a table is built only from counts that sum to its size, so each loop over it ends; a backward stream that is read
 * below its first bit throws. Callers keep GUARD_LENGTH octets behind every stream, as reads take whole octets.
 */

/** What makes octets no Zstandard; the input that decodes them catches it. */
export class InvalidZstd extends Error {}

/** Octets behind a stream that a read may touch; their content does not matter. */
export const GUARD_LENGTH = 8;

/** Position of the highest set bit; -1 for 0. */
export function highBit(value: number): number {
  return 31 - Math.clz32(value);
}

/** Bits read from the end of a stream to its start, as Huffman and FSE streams are written. */
export class BackwardBits {
  bytes: Uint8Array;
  /** Bit of `bytes` below which the next read ends; the stream's first bit is `first`. */
  position = 0;
  first = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Takes the stream [at, end): its last octet holds a 1 above the first bit to read. */
  open(at: number, end: number): void {
    const last = end > at ? this.bytes[end - 1]! : 0;
    if (last === 0) throw new InvalidZstd('bit stream without its end mark');
    this.first = at * 8;
    this.position = (end - 1) * 8 + highBit(last);
  }

  get left(): number {
    return this.position - this.first;
  }

  /** The next `count` bits, at most 31, as a number. */
  read(count: number): number {
    if (count > 16) return this.read(count - 16) * 0x10000 + this.read(16);
    const position = this.position - count;
    if (position < this.first) throw new InvalidZstd('bit stream too short');
    this.position = position;
    const { bytes } = this;
    const at = position >>> 3;
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
    return (word >>> (position & 7)) & ((1 << count) - 1);
  }
}

/** A decoding table: what a state puts out, and where it goes from there with how many bits. */
export class FseTable {
  log = 0;
  readonly symbol: Uint8Array;
  readonly bits: Uint8Array;
  readonly base: Uint16Array;
  private readonly next = new Uint16Array(256);

  constructor(largestLog: number) {
    this.symbol = new Uint8Array(1 << largestLog);
    this.bits = new Uint8Array(1 << largestLog);
    this.base = new Uint16Array(1 << largestLog);
  }

  /** One symbol for ever, taking no bits. */
  buildSingle(symbol: number): void {
    this.log = 0;
    this.symbol[0] = symbol;
    this.bits[0] = 0;
    this.base[0] = 0;
  }

  /** Section 4.1.1. `counts` sum to 1 << log, a count of -1 taking one cell. */
  build(counts: ArrayLike<number>, symbolCount: number, log: number): void {
    const { symbol, next } = this;
    const size = 1 << log;
    this.log = log;
    let high = size - 1;
    for (let s = 0; s < symbolCount; s++) {
      next[s] = Math.abs(counts[s]!);
      if (counts[s] === -1) symbol[high--] = s;
    }
    const step = (size >> 1) + (size >> 3) + 3;
    let cell = 0;
    for (let s = 0; s < symbolCount; s++) {
      for (let i = 0; i < counts[s]!; i++) {
        symbol[cell] = s;
        do cell = (cell + step) & (size - 1);
        while (cell > high);
      }
    }
    for (let i = 0; i < size; i++) {
      const state = next[symbol[i]!]!++;
      this.bits[i] = log - highBit(state);
      this.base[i] = (state << this.bits[i]!) - size;
    }
  }

  /** Section 4.1.1: reads the counts in [at, end), builds, and returns the offset behind them. */
  decode(bytes: Uint8Array, at: number, end: number, largestLog: number, largestSymbol: number): number {
    const counts = new Int16Array(largestSymbol + 1);
    const log = (bytes[at]! & 15) + 5;
    if (at >= end || log > largestLog) throw new InvalidZstd('FSE accuracy out of range');
    let position = at * 8 + 4;
    const peek = (count: number): number => {
      const from = position >>> 3;
      if (from >= end) throw new InvalidZstd('FSE table too short');
      const word = bytes[from]! | (bytes[from + 1]! << 8) | (bytes[from + 2]! << 16);
      return (word >>> (position & 7)) & ((1 << count) - 1);
    };
    let left = 1 << log;
    let symbol = 0;
    while (left > 0) {
      if (symbol > largestSymbol) throw new InvalidZstd('FSE symbol out of range');
      const bits = highBit(left + 1);
      const shortValues = (2 << bits) - 2 - left;
      let value = peek(bits);
      if (value < shortValues) {
        position += bits;
      } else {
        value = peek(bits + 1);
        position += bits + 1;
        if (value >= 1 << bits) value -= shortValues;
      }
      const count = value - 1;
      counts[symbol++] = count;
      left -= Math.abs(count);
      for (let zeros = count === 0 ? 3 : 0; zeros === 3; symbol += zeros) {
        zeros = peek(2);
        position += 2;
      }
    }
    const after = (position + 7) >>> 3;
    if (after > end || symbol > largestSymbol + 1) throw new InvalidZstd('FSE table out of range');
    this.build(counts, symbol, log);
    return after;
  }
}
