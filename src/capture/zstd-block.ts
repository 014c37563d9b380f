/**
 * A compressed block of Zstandard, RFC 8878 section 3.1.1.3: literals, then sequences that interleave them with copies
 * of what the frame has put out before.
 *
 * Safety: output goes to [from, from + BLOCK_LENGTH_LIMIT) of the window and nowhere else; a copy reaches back no further
 * than `oldest`; both are checked before each sequence is carried out, so the work of a block is bounded by its output
 * and its 98,303 sequences. Input is read in [at, end) and GUARD_LENGTH behind.
 */
import { BackwardBits, FseTable, InvalidZstd } from './zstd-entropy.ts';
import { BlockLiterals } from './zstd-literals.ts';

/** Octets that a block can hold, compressed or not: Block_Maximum_Size. */
export const BLOCK_LENGTH_LIMIT = 128 * 1024;

const Mode = { PREDEFINED: 0, SINGLE: 1, DESCRIBED: 2, REPEATED: 3 } as const;

/** A code is a number from `base` on, plus `extraBits` of the stream: section 3.1.1.3.2.1.1. */
function codeTable(extraBits: readonly number[], first: number): { bits: Uint8Array; base: Uint32Array } {
  const base = new Uint32Array(extraBits.length);
  for (let code = 0, next = first; code < extraBits.length; code++) {
    base[code] = next;
    next += 2 ** extraBits[code]!;
  }
  return { bits: Uint8Array.from(extraBits), base };
}

const zeros = (count: number): number[] => new Array<number>(count).fill(0);
const LITERAL_LENGTH = codeTable([...zeros(16), 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], 0);
const MATCH_LENGTH = codeTable([...zeros(32), 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], 3);
/** Offsets of 2^31 and more lie outside every window. */
const LARGEST_OFFSET_CODE = 31;

/** Section 3.1.1.3.2.2: the counts of the predefined tables. */
const LITERAL_COUNTS = [
  4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1,
];
const MATCH_COUNTS = [
  1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
  1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
];
const OFFSET_COUNTS = [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1];

/** The table of one of the three codes: what it was last described as, or the predefined one. */
class CodeReader {
  table: FseTable | undefined;
  private readonly predefined: FseTable;
  private readonly described: FseTable;
  private readonly largestLog: number;
  private readonly largestSymbol: number;

  constructor(counts: readonly number[], log: number, largestLog: number, largestSymbol: number) {
    this.predefined = new FseTable(log);
    this.predefined.build(counts, counts.length, log);
    this.described = new FseTable(largestLog);
    this.largestLog = largestLog;
    this.largestSymbol = largestSymbol;
  }

  /** Takes the table that `mode` names, described in [at, end) or not; returns the offset behind the description. */
  take(mode: number, bytes: Uint8Array, at: number, end: number): number {
    if (mode === Mode.PREDEFINED) {
      this.table = this.predefined;
    } else if (mode === Mode.REPEATED) {
      if (this.table === undefined) throw new InvalidZstd('table repeated before the first');
    } else if (mode === Mode.SINGLE) {
      if (at >= end || bytes[at]! > this.largestSymbol) throw new InvalidZstd('code out of range');
      this.described.buildSingle(bytes[at]!);
      this.table = this.described;
      return at + 1;
    } else {
      const after = this.described.decode(bytes, at, end, this.largestLog, this.largestSymbol);
      this.table = this.described;
      return after;
    }
    return at;
  }
}

export class BlockDecoder {
  private readonly literals = new BlockLiterals(BLOCK_LENGTH_LIMIT);
  private readonly literalLengths = new CodeReader(LITERAL_COUNTS, 6, 9, 35);
  private readonly matchLengths = new CodeReader(MATCH_COUNTS, 6, 9, 52);
  private readonly offsets = new CodeReader(OFFSET_COUNTS, 5, 8, LARGEST_OFFSET_CODE);
  private recent0 = 1;
  private recent1 = 4;
  private recent2 = 8;

  /** A new frame: nothing is repeated from the one before. */
  clear(): void {
    this.literals.clear();
    for (const reader of [this.literalLengths, this.matchLengths, this.offsets]) reader.table = undefined;
    this.recent0 = 1;
    this.recent1 = 4;
    this.recent2 = 8;
  }

  /** Decodes the block in [at, end) of `bytes` into `window` at `from`; returns the offset behind its output. */
  decode(bytes: Uint8Array, at: number, end: number, window: Uint8Array, from: number, oldest: number): number {
    const sequencesAt = this.literals.decode(bytes, at, end);
    return this.decodeSequences(bytes, sequencesAt, end, window, from, oldest);
  }

  /** Section 3.1.1.3.2. */
  private decodeSequences(
    bytes: Uint8Array,
    at: number,
    end: number,
    window: Uint8Array,
    from: number,
    oldest: number,
  ): number {
    if (at >= end) throw new InvalidZstd('no sequence count');
    const head = bytes[at]!;
    let next = at + 1;
    let count = head;
    if (head === 255) {
      count = (bytes[at + 1]! | (bytes[at + 2]! << 8)) + 0x7f00;
      next = at + 3;
    } else if (head > 127) {
      count = ((head - 128) << 8) | bytes[at + 1]!;
      next = at + 2;
    }
    if (next > end) throw new InvalidZstd('sequence count cut');
    if (count === 0) {
      if (next !== end) throw new InvalidZstd('octets behind the last literal');
      return this.copyRest(window, from, 0);
    }
    const modes = bytes[next]!;
    if (next >= end || (modes & 3) !== 0) throw new InvalidZstd('sequence modes out of range');
    next = this.literalLengths.take(modes >> 6, bytes, next + 1, end);
    next = this.offsets.take((modes >> 4) & 3, bytes, next, end);
    next = this.matchLengths.take((modes >> 2) & 3, bytes, next, end);
    const stream = new BackwardBits(bytes);
    stream.open(next, end);
    return this.carryOut(stream, count, window, from, oldest);
  }

  private carryOut(stream: BackwardBits, count: number, window: Uint8Array, from: number, oldest: number): number {
    const { octets: literals, count: literalCount } = this.literals;
    const literalTable = this.literalLengths.table!;
    const offsetTable = this.offsets.table!;
    const matchTable = this.matchLengths.table!;
    let literalState = stream.read(literalTable.log);
    let offsetState = stream.read(offsetTable.log);
    let matchState = stream.read(matchTable.log);
    const limit = from + BLOCK_LENGTH_LIMIT;
    let out = from;
    let literalAt = 0;
    for (let left = count; left > 0; left--) {
      const offsetCode = offsetTable.symbol[offsetState]!;
      const matchCode = matchTable.symbol[matchState]!;
      const literalCode = literalTable.symbol[literalState]!;
      const offsetValue = 2 ** offsetCode + stream.read(offsetCode);
      const matchLength = MATCH_LENGTH.base[matchCode]! + stream.read(MATCH_LENGTH.bits[matchCode]!);
      const literalLength = LITERAL_LENGTH.base[literalCode]! + stream.read(LITERAL_LENGTH.bits[literalCode]!);
      if (left > 1) {
        literalState = literalTable.base[literalState]! + stream.read(literalTable.bits[literalState]!);
        matchState = matchTable.base[matchState]! + stream.read(matchTable.bits[matchState]!);
        offsetState = offsetTable.base[offsetState]! + stream.read(offsetTable.bits[offsetState]!);
      }
      const offset = this.takeOffset(offsetValue, literalLength === 0);
      const matchAt = out + literalLength - offset;
      if (literalLength > literalCount - literalAt || out + literalLength + matchLength > limit || matchAt < oldest) {
        throw new InvalidZstd('sequence out of range');
      }
      for (let i = 0; i < literalLength; i++) window[out + i] = literals[literalAt + i]!;
      out += literalLength;
      literalAt += literalLength;
      copyMatch(window, out, offset, matchLength);
      out += matchLength;
    }
    if (stream.left !== 0) throw new InvalidZstd('bits behind the last sequence');
    if (out + literalCount - literalAt > limit) throw new InvalidZstd('block too long');
    return this.copyRest(window, out, literalAt);
  }

  /** Section 3.1.1.5: values 1 to 3 name a recent offset, shifted by one where no literal stands before the copy. */
  private takeOffset(value: number, noLiterals: boolean): number {
    const { recent0, recent1, recent2 } = this;
    const choice = value > 3 ? 4 : value - 1 + (noLiterals ? 1 : 0);
    if (choice === 0) return recent0;
    let offset = value - 3;
    if (choice === 1) offset = recent1;
    else if (choice === 2) offset = recent2;
    else if (choice === 3) offset = recent0 - 1;
    if (offset <= 0) throw new InvalidZstd('offset 0');
    if (choice !== 1) this.recent2 = recent1;
    this.recent1 = recent0;
    this.recent0 = offset;
    return offset;
  }

  private copyRest(window: Uint8Array, out: number, literalAt: number): number {
    const { octets, count } = this.literals;
    window.set(octets.subarray(literalAt, count), out);
    return out + count - literalAt;
  }
}

/** Copies up to this length are faster by hand than by calls. */
const LOOP_COPY_LIMIT = 32;

/** Copies `length` octets from `offset` before `out`. Where they overlap, what was copied repeats: each call doubles it. */
function copyMatch(window: Uint8Array, out: number, offset: number, length: number): void {
  const from = out - offset;
  if (length <= LOOP_COPY_LIMIT) {
    for (let i = 0; i < length; i++) window[out + i] = window[from + i]!;
    return;
  }
  for (let done = 0; done < length;) {
    const step = Math.min(offset + done, length - done);
    window.copyWithin(out + done, from, from + step);
    done += step;
  }
}
