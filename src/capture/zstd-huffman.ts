/**
 * Huffman-coded literals of Zstandard, RFC 8878 section 4.2.
 *
 * Safety: weights are at most 255 and code lengths at most 11 bits, else it throws; a stream must fill exactly the output
 * that was asked for and be used up exactly.
 */
import { BackwardBits, FseTable, InvalidZstd, highBit } from './zstd-entropy.ts';

const LARGEST_CODE_LENGTH = 11;
/** One weight is never written: the last one follows from the others. */
const LARGEST_WEIGHT_COUNT = 255;
const LARGEST_WEIGHT_LOG = 6;

export class HuffmanTable {
  /** 0: no table yet. */
  private codeLength = 0;
  private readonly symbol = new Uint8Array(1 << LARGEST_CODE_LENGTH);
  private readonly bits = new Uint8Array(1 << LARGEST_CODE_LENGTH);
  private readonly weights = new Uint8Array(LARGEST_WEIGHT_COUNT + 1);
  private readonly weightTable = new FseTable(LARGEST_WEIGHT_LOG);

  /** A new frame has no table to repeat. */
  clear(): void {
    this.codeLength = 0;
  }

  get empty(): boolean {
    return this.codeLength === 0;
  }

  /** Reads the description in [at, end), builds, and returns the offset behind it. */
  decode(bytes: Uint8Array, at: number, end: number): number {
    const header = at < end ? bytes[at]! : 0;
    const length = header < 128 ? header : (header - 127 + 1) >> 1;
    const after = at + 1 + length;
    if (length === 0 || after > end) throw new InvalidZstd('Huffman table too short');
    const count =
      header < 128
        ? this.decodeCompressedWeights(bytes, at + 1, after)
        : this.decodePlainWeights(bytes, at + 1, header);
    this.build(count);
    return after;
  }

  private decodePlainWeights(bytes: Uint8Array, at: number, header: number): number {
    const count = header - 127;
    for (let i = 0; i < count; i++) {
      const pair = bytes[at + (i >> 1)]!;
      this.weights[i] = (i & 1) === 0 ? pair >> 4 : pair & 15;
    }
    return count;
  }

  /** Two states take turns; the one that cannot be renewed ends it, with the other's symbol as the last. */
  private decodeCompressedWeights(bytes: Uint8Array, at: number, end: number): number {
    const { weights, weightTable: table } = this;
    const streamAt = table.decode(bytes, at, end, LARGEST_WEIGHT_LOG, LARGEST_CODE_LENGTH + 1);
    const stream = new BackwardBits(bytes);
    stream.open(streamAt, end);
    let state = stream.read(table.log);
    let other = stream.read(table.log);
    for (let count = 0; count < LARGEST_WEIGHT_COUNT - 1;) {
      weights[count++] = table.symbol[state]!;
      if (stream.left < table.bits[state]!) {
        weights[count++] = table.symbol[other]!;
        return count;
      }
      const renewed = table.base[state]! + stream.read(table.bits[state]!);
      state = other;
      other = renewed;
    }
    throw new InvalidZstd('too many Huffman weights');
  }

  private build(count: number): void {
    const { weights, symbol, bits } = this;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      if (weights[i]! > LARGEST_CODE_LENGTH) throw new InvalidZstd('Huffman weight out of range');
      sum += weights[i] === 0 ? 0 : 1 << (weights[i]! - 1);
    }
    const codeLength = highBit(sum) + 1;
    const left = (1 << codeLength) - sum;
    if (sum === 0 || codeLength > LARGEST_CODE_LENGTH || (left & (left - 1)) !== 0) {
      throw new InvalidZstd('Huffman weights do not add up');
    }
    weights[count] = highBit(left) + 1;
    let cell = 0;
    for (let weight = 1; weight <= codeLength; weight++) {
      for (let s = 0; s <= count; s++) {
        if (weights[s] !== weight) continue;
        const cells = 1 << (weight - 1);
        symbol.fill(s, cell, cell + cells);
        bits.fill(codeLength + 1 - weight, cell, cell + cells);
        cell += cells;
      }
    }
    this.codeLength = codeLength;
  }

  /** Decodes the stream [at, end) into `target` from `to` up to `toEnd`. */
  decodeStream(bytes: Uint8Array, at: number, end: number, target: Uint8Array, to: number, toEnd: number): void {
    const { symbol, bits, codeLength } = this;
    const mask = (1 << codeLength) - 1;
    const last = end > at ? bytes[end - 1]! : 0;
    if (last === 0) throw new InvalidZstd('Huffman stream without its end mark');
    const first = at * 8;
    let position = (end - 1) * 8 + highBit(last);
    let out = to;
    while (out < toEnd && position - codeLength >= first) {
      const from = position - codeLength;
      const i = from >>> 3;
      const cell = ((bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16)) >>> (from & 7)) & mask;
      target[out++] = symbol[cell]!;
      position -= bits[cell]!;
    }
    while (out < toEnd && position > first) {
      const length = position - first;
      const i = at;
      const word = (bytes[i]! | (bytes[i + 1]! << 8)) & ((1 << length) - 1);
      const cell = (word << (codeLength - length)) & mask;
      target[out++] = symbol[cell]!;
      position -= bits[cell]!;
    }
    if (out !== toEnd || position !== first) throw new InvalidZstd('Huffman stream of a wrong length');
  }
}
