/**
 * A Zstandard stream taken apart by what its headers say, RFC 8878 section 3.1: frames one after the other, each a header
 * and blocks with their lengths in front. Nothing is decompressed here: that is a library's work (zstd-decoder.ts), which
 * gets one frame at a time (node:zlib decodes only the first of several), in pieces of bounded output, and no frame whose
 * window is over WINDOW_LIMIT. Skippable frames are passed over.
 *
 * Not handled: dictionaries (refused), windows over 128 MB (refused, as zstd(1) does unless told otherwise).
 */
import type { ByteInput } from './byte-input.ts';

/** The farthest back that a frame may copy from, and so about what a decoder holds. */
const WINDOW_LIMIT = 128 * 1024 * 1024;
/** What a block's octets may be, before and after, section 3.1.1.2.3. */
const BLOCK_LENGTH_LIMIT = 128 * 1024;
/** A piece ends with the block that reaches one of these: the work and the memory that a piece may cost. */
const PIECE_LENGTH = 64 * 1024;
const PIECE_OUTPUT_LENGTH = 1024 * 1024;
const PIECE_BLOCK_COUNT = 64;
/** Compressed octets held: the largest block with a frame's header, and more behind it. */
const COMPRESSED_LENGTH = 2 * BLOCK_LENGTH_LIMIT;

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const SKIPPABLE_HEADER_LENGTH = 8;
const FRAME_HEADER_START = 5;
const CHECKSUM_LENGTH = 4;
const BLOCK_HEADER_LENGTH = 3;

const BlockType = { RAW: 0, REPEATED: 1, COMPRESSED: 2 } as const;

/** Whole blocks of one frame that follow one another. */
export interface ZstdPiece {
  /** The first piece of a frame has its header in front, the last one its checksum, where there is one, at the end. */
  readonly begins: boolean;
  readonly ends: boolean;
  /** In memory of its own: whoever takes the piece may transfer it. */
  readonly octets: Uint8Array<ArrayBuffer>;
  /** Octets that the piece decompresses to, at most. */
  readonly largestOutputLength: number;
  /** The window of its frame. */
  readonly windowLength: number;
}

/** What a Zstandard stream may not have, or not here. */
export class InvalidZstd extends Error {}

/** The compressed input ended inside a frame. */
export class CutZstd extends Error {}

export class ZstdFrames {
  private readonly compressed: ByteInput;
  private readonly source = new Uint8Array(COMPRESSED_LENGTH);
  private readonly sourceData = new DataView(this.source.buffer);
  private sourceAt = 0;
  private sourceEnd = 0;
  private inFrame = false;
  private hasChecksum = false;
  private windowLength = 0;

  constructor(compressed: ByteInput) {
    this.compressed = compressed;
  }

  /**
   * The next piece; undefined where the input ends between frames. Waits for one block, and takes those behind it that are
   * there: what a pipe has delivered is not held back. Throws InvalidZstd and CutZstd, after all pieces before the fault.
   */
  async next(): Promise<ZstdPiece | undefined> {
    const begins = !this.inFrame;
    if (begins && !(await this.findFrame())) return undefined;
    let length = begins ? await this.openFrame() : 0;
    await this.need(length + BLOCK_HEADER_LENGTH);
    if (this.blockLength(length) === 0) throw new InvalidZstd('block out of range');
    await this.need(length + this.blockLength(length));
    let largestOutputLength = 0;
    let blockCount = 0;
    do {
      const header = this.number(length, BLOCK_HEADER_LENGTH);
      largestOutputLength += typeOf(header) === BlockType.COMPRESSED ? BLOCK_LENGTH_LIMIT : header >> 3;
      length += this.blockLength(length);
      blockCount++;
      this.inFrame = (header & 1) === 0;
    } while (
      this.inFrame &&
      length < PIECE_LENGTH &&
      largestOutputLength < PIECE_OUTPUT_LENGTH &&
      blockCount < PIECE_BLOCK_COUNT &&
      this.holdsBlock(length)
    );
    const octets = this.source.slice(this.sourceAt, this.sourceAt + length);
    this.sourceAt += length;
    return { begins, ends: !this.inFrame, octets, largestOutputLength, windowLength: this.windowLength };
  }

  /** Passes over skippable frames, section 3.1.2; false where the input ends before a frame. */
  private async findFrame(): Promise<boolean> {
    while (await this.fill(1)) {
      await this.need(4);
      if ((this.sourceData.getUint32(this.sourceAt, true) & 0xfffffff0) !== SKIPPABLE_MAGIC) return true;
      await this.need(SKIPPABLE_HEADER_LENGTH);
      const length = this.sourceData.getUint32(this.sourceAt + 4, true);
      this.sourceAt += SKIPPABLE_HEADER_LENGTH;
      for (let left = length; left > 0;) {
        await this.need(1);
        const step = Math.min(left, this.sourceEnd - this.sourceAt);
        this.sourceAt += step;
        left -= step;
      }
    }
    return false;
  }

  /** Checks a frame's header, section 3.1.1.1, and resolves to its length. */
  private async openFrame(): Promise<number> {
    if (this.sourceData.getUint32(this.sourceAt, true) !== FRAME_MAGIC) {
      throw new InvalidZstd('octets that begin no frame');
    }
    await this.need(FRAME_HEADER_START);
    const descriptor = this.source[this.sourceAt + 4]!;
    const singleSegment = (descriptor & 0x20) !== 0;
    const sizeFlag = descriptor >> 6;
    const dictionaryLength = [0, 1, 2, 4][descriptor & 3]!;
    const sizeLength = sizeFlag === 0 ? Number(singleSegment) : 1 << sizeFlag;
    const dictionaryAt = FRAME_HEADER_START + (singleSegment ? 0 : 1);
    const sizeAt = dictionaryAt + dictionaryLength;
    await this.need(sizeAt + sizeLength);
    if ((descriptor & 0x08) !== 0) throw new InvalidZstd('reserved bit set');
    if (this.number(dictionaryAt, dictionaryLength) !== 0) throw new InvalidZstd('a dictionary is needed');
    const size = this.number(sizeAt, sizeLength) + (sizeLength === 2 ? 256 : 0);
    const windowByte = this.number(FRAME_HEADER_START, 1);
    this.windowLength = singleSegment ? size : 2 ** (10 + (windowByte >> 3)) * (1 + (windowByte & 7) / 8);
    if (this.windowLength > WINDOW_LIMIT) {
      throw new InvalidZstd(`window of ${this.windowLength} octets, at most ${WINDOW_LIMIT} are allowed`);
    }
    this.hasChecksum = (descriptor & 0x04) !== 0;
    return sizeAt + sizeLength;
  }

  /** Octets of the block whose header is at `shift`, the checksum behind a last one with it; 0: it can't be one. */
  private blockLength(shift: number): number {
    const header = this.number(shift, BLOCK_HEADER_LENGTH);
    const type = typeOf(header);
    if (header >> 3 > BLOCK_LENGTH_LIMIT || type > BlockType.COMPRESSED) return 0;
    const checksumLength = this.hasChecksum && (header & 1) === 1 ? CHECKSUM_LENGTH : 0;
    return BLOCK_HEADER_LENGTH + (type === BlockType.REPEATED ? 1 : header >> 3) + checksumLength;
  }

  /** Whether a block begins at `shift` and all of it is there. */
  private holdsBlock(shift: number): boolean {
    const left = this.sourceEnd - this.sourceAt - shift;
    if (left < BLOCK_HEADER_LENGTH) return false;
    const length = this.blockLength(shift);
    return length > 0 && length <= left;
  }

  /** The little-endian number of `length` octets at `shift` behind `sourceAt`. */
  private number(shift: number, length: number): number {
    let value = 0;
    for (let i = length - 1; i >= 0; i--) value = value * 256 + this.source[this.sourceAt + shift + i]!;
    return value;
  }

  private async need(count: number): Promise<void> {
    if (!(await this.fill(count))) throw new CutZstd();
  }

  /** Waits until `count` compressed octets are there, at most COMPRESSED_LENGTH; false where the input ends before. */
  private async fill(count: number): Promise<boolean> {
    while (this.sourceEnd - this.sourceAt < count) {
      if (this.sourceAt > 0) {
        this.source.copyWithin(0, this.sourceAt, this.sourceEnd);
        this.sourceEnd -= this.sourceAt;
        this.sourceAt = 0;
      }
      const got = await this.compressed.read(this.source, this.sourceEnd, COMPRESSED_LENGTH - this.sourceEnd);
      if (got === 0) return false;
      this.sourceEnd += got;
    }
    return true;
  }
}

function typeOf(blockHeader: number): number {
  return (blockHeader >> 1) & 3;
}
