/**
 * The literals of a compressed Zstandard block, RFC 8878 section 3.1.1.3.1: octets as they are, one octet repeated, or
 * Huffman-coded in one or four streams, by a table of this block or the one before.
 *
 * Safety: what a header says is checked against the block's end and the room for literals before anything is written.
 */
import { InvalidZstd } from './zstd-entropy.ts';
import { HuffmanTable } from './zstd-huffman.ts';

const Kind = { RAW: 0, REPEATED: 1, HUFFMAN: 2, HUFFMAN_REPEATED: 3 } as const;

export class BlockLiterals {
  /** The literals of the last block decoded are the first `count` of these. */
  readonly octets: Uint8Array;
  count = 0;
  private readonly huffman = new HuffmanTable();

  constructor(largestCount: number) {
    this.octets = new Uint8Array(largestCount);
  }

  /** A new frame: no table to repeat. */
  clear(): void {
    this.huffman.clear();
  }

  /** Section 3.1.1.3.1. Returns the offset of the sequences. */
  decode(bytes: Uint8Array, at: number, end: number): number {
    const head = bytes[at]!;
    const kind = head & 3;
    const format = (head >> 2) & 3;
    const word = (head | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16)) >>> 0;
    if (kind === Kind.RAW || kind === Kind.REPEATED) {
      const headerLength = format === 1 ? 2 : format === 3 ? 3 : 1;
      const count = format === 1 ? (word >>> 4) & 0xfff : format === 3 ? word >>> 4 : head >> 3;
      const dataAt = at + headerLength;
      const length = kind === Kind.RAW ? count : 1;
      this.takeLiterals(count, dataAt + length, end);
      if (kind === Kind.RAW) this.octets.set(bytes.subarray(dataAt, dataAt + count));
      else this.octets.fill(bytes[dataAt]!, 0, count);
      return dataAt + length;
    }
    const sizeBits = format < 2 ? 10 : format === 2 ? 14 : 18;
    const headerLength = format < 2 ? 3 : format + 2;
    const whole = word + (bytes[at + 3]! + bytes[at + 4]! * 256) * 0x1000000;
    const count = Math.floor(whole / 16) % 2 ** sizeBits;
    const length = Math.floor(whole / 2 ** (4 + sizeBits)) % 2 ** sizeBits;
    const dataAt = at + headerLength;
    this.takeLiterals(count, dataAt + length, end);
    const streamsAt = kind === Kind.HUFFMAN ? this.huffman.decode(bytes, dataAt, dataAt + length) : dataAt;
    if (this.huffman.empty) throw new InvalidZstd('Huffman table repeated before the first');
    if (format === 0) this.huffman.decodeStream(bytes, streamsAt, dataAt + length, this.octets, 0, count);
    else this.decodeFourStreams(bytes, streamsAt, dataAt + length, count);
    return dataAt + length;
  }

  private takeLiterals(count: number, dataEnd: number, end: number): void {
    if (dataEnd > end || count > this.octets.length) throw new InvalidZstd('literals out of range');
    this.count = count;
  }

  /** A table of three lengths, then four streams, each but the last of a quarter of the output, rounded up. */
  private decodeFourStreams(bytes: Uint8Array, at: number, end: number, count: number): void {
    const quarter = (count + 3) >> 2;
    if (end - at < 6 || quarter * 3 > count) throw new InvalidZstd('four Huffman streams out of range');
    let streamAt = at + 6;
    for (let i = 0; i < 4; i++) {
      const streamEnd = i < 3 ? streamAt + (bytes[at + 2 * i]! | (bytes[at + 2 * i + 1]! << 8)) : end;
      if (streamEnd > end) throw new InvalidZstd('four Huffman streams out of range');
      const to = i * quarter;
      this.huffman.decodeStream(bytes, streamAt, streamEnd, this.octets, to, i < 3 ? to + quarter : count);
      streamAt = streamEnd;
    }
  }
}
