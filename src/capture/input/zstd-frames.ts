/**
 * Splits a Zstandard stream by its headers, RFC 8878 section 3.1, into frames, and the frames into pieces of whole
 * blocks. A library decompresses the pieces (zstd-decoder.ts). It gets one frame at a time, as node:zlib decodes only
 * the first of several, with bounded output per piece, and no frame with a window above WINDOW_LIMIT. Skippable frames
 * are skipped.
 *
 * Not handled: dictionaries and windows over 128 MB; both are rejected, like by zstd(1) with its defaults.
 */
import type { ByteInput } from './byte-input.ts';
import { ByteWindow } from './byte-window.ts';

/** The largest distance that a frame may copy from, and so about the memory of a decoder. */
const WINDOW_LIMIT = 128 * 1024 * 1024;
/** Maximum bytes of a block, compressed and decompressed, section 3.1.1.2.3. */
const BLOCK_LENGTH_LIMIT = 128 * 1024;
/** A piece ends with the block that reaches one of these limits, which bound its work and memory. */
const PIECE_LENGTH = 64 * 1024;
const PIECE_OUTPUT_LENGTH = 1024 * 1024;
const PIECE_BLOCK_COUNT = 64;
/** Compressed bytes in the window: the largest block with a frame's header, and as much again. */
const COMPRESSED_LENGTH = 2 * BLOCK_LENGTH_LIMIT;

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const SKIPPABLE_HEADER_LENGTH = 8;
const FRAME_HEADER_START = 5;
const CHECKSUM_LENGTH = 4;
const BLOCK_HEADER_LENGTH = 3;

const BlockType = { RAW: 0, REPEATED: 1, COMPRESSED: 2 } as const;

/** Whole consecutive blocks of one frame. */
export interface ZstdPiece {
  /** The first piece of a frame includes the frame's header, the last one its checksum, if it has one. */
  readonly begins: boolean;
  readonly ends: boolean;
  /** In its own memory, so that the receiver may transfer it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Maximum bytes that the piece decompresses to. */
  readonly largestOutputLength: number;
  /** The window size of its frame. */
  readonly windowLength: number;
}

/** A Zstandard stream that is invalid or not supported. */
export class InvalidZstd extends Error {}

/** The compressed input ended inside a frame. */
export class CutZstd extends Error {}

export class ZstdFrames {
  private readonly window: ByteWindow;
  private readonly view: DataView;
  private inFrame = false;
  private hasChecksum = false;
  private windowLength = 0;

  constructor(compressed: ByteInput) {
    this.window = new ByteWindow(compressed, COMPRESSED_LENGTH);
    this.view = new DataView(this.window.bytes.buffer);
  }

  /**
   * The next piece; undefined if the input ends between frames. Waits for one block, and adds the following blocks that
   * are already available, so that data from a pipe is not delayed. Throws InvalidZstd and CutZstd, after all pieces
   * before the fault.
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
    const bytes = this.window.bytes.slice(this.window.at, this.window.at + length);
    this.window.at += length;
    return { begins, ends: !this.inFrame, bytes, largestOutputLength, windowLength: this.windowLength };
  }

  /** Skips skippable frames, section 3.1.2; returns false if the input ends before a frame. */
  private async findFrame(): Promise<boolean> {
    while (await this.window.fill(1)) {
      await this.need(4);
      if ((this.view.getUint32(this.window.at, true) & 0xfffffff0) !== SKIPPABLE_MAGIC) return true;
      await this.need(SKIPPABLE_HEADER_LENGTH);
      const length = this.view.getUint32(this.window.at + 4, true);
      this.window.at += SKIPPABLE_HEADER_LENGTH;
      if (!(await this.window.skip(length))) throw new CutZstd();
    }
    return false;
  }

  /** Checks a frame's header, section 3.1.1.1, and resolves to its length. */
  private async openFrame(): Promise<number> {
    if (this.view.getUint32(this.window.at, true) !== FRAME_MAGIC) {
      throw new InvalidZstd('bytes that begin no frame');
    }
    await this.need(FRAME_HEADER_START);
    const descriptor = this.window.bytes[this.window.at + 4]!;
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
      throw new InvalidZstd(`window of ${this.windowLength} bytes, at most ${WINDOW_LIMIT} are allowed`);
    }
    this.hasChecksum = (descriptor & 0x04) !== 0;
    return sizeAt + sizeLength;
  }

  /**
   * Length of the block whose header is at `shift`, including the checksum after the last block; 0 if the block is
   * invalid.
   */
  private blockLength(shift: number): number {
    const header = this.number(shift, BLOCK_HEADER_LENGTH);
    const type = typeOf(header);
    if (header >> 3 > BLOCK_LENGTH_LIMIT || type > BlockType.COMPRESSED) return 0;
    const checksumLength = this.hasChecksum && (header & 1) === 1 ? CHECKSUM_LENGTH : 0;
    return BLOCK_HEADER_LENGTH + (type === BlockType.REPEATED ? 1 : header >> 3) + checksumLength;
  }

  /** True if a whole block is available at `shift`. */
  private holdsBlock(shift: number): boolean {
    const left = this.window.end - this.window.at - shift;
    if (left < BLOCK_HEADER_LENGTH) return false;
    const length = this.blockLength(shift);
    return length > 0 && length <= left;
  }

  /** The little-endian number of `length` bytes at `shift` after the window's start. */
  private number(shift: number, length: number): number {
    let value = 0;
    for (let i = length - 1; i >= 0; i--) value = value * 256 + this.window.bytes[this.window.at + shift + i]!;
    return value;
  }

  private async need(count: number): Promise<void> {
    if (!(await this.window.fill(count))) throw new CutZstd();
  }
}

function typeOf(blockHeader: number): number {
  return (blockHeader >> 1) & 3;
}
