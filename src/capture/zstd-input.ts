/**
 * The octets inside a Zstandard stream, RFC 8878: frames follow one another, skippable ones are passed over.
 *
 * Written here rather than taken from the pure JavaScript library at hand (fzstd, the twin in the tests), because that
 * one loops for ever on some 20 octets of a Huffman table, writes by declared lengths without end, and allocates what a
 * frame header asks for. Here the work is bounded by input and output, and the memory by WINDOW_LIMIT.
 *
 * Not handled: dictionaries (refused), windows over 128 MB (refused, as zstd(1) does unless told otherwise), the content
 * checksum (passed over).
 */
import type { ByteInput } from './byte-input.ts';
import { NO_FAULT } from './capture-end.ts';
import type { CaptureEnd } from './packet-source.ts';
import { CaptureFault } from './packet-source.ts';
import { BLOCK_LENGTH_LIMIT, BlockDecoder } from './zstd-block.ts';
import { GUARD_LENGTH, InvalidZstd } from './zstd-entropy.ts';

/** The farthest back that a frame may copy from. */
const WINDOW_LIMIT = 128 * 1024 * 1024;
/** Output kept beyond the window, so that the window moves seldom. It grows to this only as output comes. */
const SMALLEST_SLACK = 1 << 20;
/** Compressed octets held: a whole block, and more behind it. */
const COMPRESSED_LENGTH = 2 * BLOCK_LENGTH_LIMIT;

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const FRAME_HEADER_START = 5;
const CHECKSUM_LENGTH = 4;
const BLOCK_HEADER_LENGTH = 3;

const BlockType = { RAW: 0, REPEATED: 1, COMPRESSED: 2 } as const;

/** The compressed input ended inside a frame. */
class CutZstd extends Error {}

export class ZstdInput implements ByteInput {
  end: CaptureEnd = NO_FAULT;
  private readonly compressed: ByteInput;
  private readonly source = new Uint8Array(COMPRESSED_LENGTH + GUARD_LENGTH);
  private readonly sourceData = new DataView(this.source.buffer);
  private sourceAt = 0;
  private sourceEnd = 0;
  private readonly decoder = new BlockDecoder();
  private window = new Uint8Array(SMALLEST_SLACK);
  /** Output not taken yet is [taken, made); the frame's own begins at `oldest`. */
  private taken = 0;
  private made = 0;
  private oldest = 0;
  private windowLength = 0;
  private inFrame = false;
  private hasChecksum = false;
  /** Output of all frames before `made`. */
  private outputLength = 0;
  private over = false;

  constructor(compressed: ByteInput) {
    this.compressed = compressed;
  }

  async read(target: Uint8Array, at: number, length: number): Promise<number> {
    try {
      while (this.taken === this.made) {
        if (this.over) return 0;
        if (this.inFrame) await this.decodeBlock();
        else await this.openFrame();
      }
    } catch (error) {
      this.over = true;
      this.end = this.meaningOf(error);
      return 0;
    }
    const count = Math.min(length, this.made - this.taken);
    target.set(this.window.subarray(this.taken, this.taken + count), at);
    this.taken += count;
    return count;
  }

  close(): Promise<void> {
    this.over = true;
    this.taken = this.made;
    return this.compressed.close();
  }

  private meaningOf(error: unknown): CaptureEnd {
    const place = `after octet ${this.outputLength} of the uncompressed stream`;
    if (error instanceof CutZstd) {
      if (this.compressed.end.fault !== CaptureFault.NONE) return this.compressed.end;
      return { fault: CaptureFault.CUT_COMPRESSION, message: `zstd data cut ${place}` };
    }
    const what = error instanceof Error ? error.message : String(error);
    return { fault: CaptureFault.BAD_COMPRESSION, message: `zstd data invalid (${what}) ${place}` };
  }

  /** Section 3.1: the next frame's header; the end of the input between frames is the end of the stream. */
  private async openFrame(): Promise<void> {
    if (!(await this.fill(1))) {
      this.over = true;
      this.end = this.compressed.end;
      return;
    }
    await this.need(FRAME_HEADER_START);
    const magic = this.sourceData.getUint32(this.sourceAt, true);
    if ((magic & 0xfffffff0) === SKIPPABLE_MAGIC) return this.skipFrame();
    if (magic !== FRAME_MAGIC) throw new InvalidZstd('octets that begin no frame');
    const descriptor = this.source[this.sourceAt + 4]!;
    const singleSegment = (descriptor & 0x20) !== 0;
    const dictionaryLength = [0, 1, 2, 4][descriptor & 3]!;
    const sizeFlag = descriptor >> 6;
    const sizeLength = sizeFlag === 0 ? Number(singleSegment) : 1 << sizeFlag;
    const windowAt = FRAME_HEADER_START;
    const dictionaryAt = windowAt + (singleSegment ? 0 : 1);
    const sizeAt = dictionaryAt + dictionaryLength;
    await this.need(sizeAt + sizeLength);
    if ((descriptor & 0x08) !== 0) throw new InvalidZstd('reserved bit set');
    if (this.number(dictionaryAt, dictionaryLength) !== 0) throw new InvalidZstd('a dictionary is needed');
    const size = this.number(sizeAt, sizeLength) + (sizeLength === 2 ? 256 : 0);
    const windowByte = this.source[this.sourceAt + windowAt]!;
    this.windowLength = singleSegment ? size : 2 ** (10 + (windowByte >> 3)) * (1 + (windowByte & 7) / 8);
    if (this.windowLength > WINDOW_LIMIT) throw new InvalidZstd(`window of ${this.windowLength} octets`);
    this.hasChecksum = (descriptor & 0x04) !== 0;
    this.sourceAt += sizeAt + sizeLength;
    this.oldest = this.made;
    this.decoder.clear();
    this.inFrame = true;
  }

  private async skipFrame(): Promise<void> {
    await this.need(8);
    const length = this.sourceData.getUint32(this.sourceAt + 4, true);
    this.sourceAt += 8;
    for (let left = length; left > 0;) {
      await this.need(1);
      const step = Math.min(left, this.sourceEnd - this.sourceAt);
      this.sourceAt += step;
      left -= step;
    }
  }

  /** Section 3.1.1.2. */
  private async decodeBlock(): Promise<void> {
    await this.need(BLOCK_HEADER_LENGTH);
    const header = this.number(0, BLOCK_HEADER_LENGTH);
    const type = (header >> 1) & 3;
    const length = header >> 3;
    if (length > BLOCK_LENGTH_LIMIT || type > BlockType.COMPRESSED) throw new InvalidZstd('block out of range');
    const contentLength = type === BlockType.REPEATED ? 1 : length;
    await this.need(BLOCK_HEADER_LENGTH + contentLength);
    this.makeRoom();
    const at = this.sourceAt + BLOCK_HEADER_LENGTH;
    const { source, window, made } = this;
    if (type === BlockType.RAW) window.set(source.subarray(at, at + length), made);
    if (type === BlockType.REPEATED) window.fill(source[at]!, made, made + length);
    const reach = Math.max(this.oldest, made - this.windowLength);
    this.made =
      type === BlockType.COMPRESSED ? this.decoder.decode(source, at, at + length, window, made, reach) : made + length;
    this.outputLength += this.made - made;
    this.sourceAt = at + contentLength;
    if ((header & 1) === 0) return;
    this.inFrame = false;
    if (!this.hasChecksum) return;
    await this.need(CHECKSUM_LENGTH);
    this.sourceAt += CHECKSUM_LENGTH;
  }

  /** Room for a block behind `made`: the window grows while it is smaller than the frame may need, else it moves. */
  private makeRoom(): void {
    if (this.window.length - this.made >= BLOCK_LENGTH_LIMIT) return;
    const wanted = this.windowLength + Math.max(this.windowLength >> 1, SMALLEST_SLACK);
    const kept = Math.min(this.made - this.oldest, this.windowLength);
    const from = this.made - kept;
    if (this.window.length < wanted) {
      const larger = new Uint8Array(Math.min(wanted, this.window.length * 2));
      larger.set(this.window.subarray(from, this.made));
      this.window = larger;
    } else {
      this.window.copyWithin(0, from, this.made);
    }
    this.oldest = 0;
    this.taken = kept;
    this.made = kept;
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

  /** Waits until `count` compressed octets are there; false where the input ends before. */
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
