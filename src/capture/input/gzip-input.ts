/**
 * Decompresses a gzip stream, RFC 1952, including concatenated members. zlib decodes the deflate data of each member on
 * another thread while earlier bytes are parsed.
 *
 * Data after the last member is skipped, like in gzip(1): zeros silently, anything else with a remark in `end`. Length
 * and checksum of each member are checked after its bytes were delivered. A decompression bomb costs time in proportion
 * to its output but no memory, because output waits until it is read.
 */
import { crc32, createInflateRaw } from 'node:zlib';
import type { InflateRaw } from 'node:zlib';
import type { ByteInput } from './byte-input.ts';
import { ByteWindow } from './byte-window.ts';
import { NO_FAULT } from '../capture-end.ts';
import type { CaptureEnd } from '../packet-source.ts';
import { CaptureFault } from '../packet-source.ts';
import { StreamInput } from './stream-input.ts';

/**
 * Compressed bytes per write to zlib. On damaged data zlib's binding discards the output of the whole write, so this is
 * also about how much is lost before the damage.
 */
const COMPRESSED_LENGTH = 1 << 14;
/** Maximum bytes of an output chunk of zlib. */
const OUTPUT_LENGTH = 1 << 17;

/* Member header, section 2.3. */
const METHOD = 2;
const FLAGS = 3;
const FIXED_HEADER_LENGTH = 10;
const TRAILER_LENGTH = 8;
const DEFLATE = 8;
const FLAG_HEADER_CHECKSUM = 0x02;
const FLAG_EXTRA = 0x04;
const FLAG_NAME = 0x08;
const FLAG_COMMENT = 0x10;
const RESERVED_FLAGS = 0xe0;

export class GzipInput implements ByteInput {
  end: CaptureEnd = NO_FAULT;
  private readonly compressed: ByteInput;
  private readonly window: ByteWindow;
  private member: Member | undefined;
  private memberCount = 0;
  private outputLength = 0;
  private over = false;

  constructor(compressed: ByteInput) {
    this.compressed = compressed;
    this.window = new ByteWindow(compressed, COMPRESSED_LENGTH);
  }

  async read(target: Uint8Array, at: number, length: number): Promise<number> {
    while (!this.over) {
      if (this.member === undefined) {
        await this.openMember();
        continue;
      }
      const count = await this.member.output.read(target, at, length);
      if (count > 0) {
        this.member.checksum = crc32(target.subarray(at, at + count), this.member.checksum);
        this.member.length += count;
        this.outputLength += count;
        return count;
      }
      await this.closeMember(this.member);
    }
    return 0;
  }

  async close(): Promise<void> {
    this.over = true;
    await this.member?.output.close();
    await this.compressed.close();
  }

  /** Reads a member's header and starts to decode it, or finishes. */
  private async openMember(): Promise<void> {
    const refusal = await this.takeHeader();
    if (refusal !== undefined) {
      this.finish(refusal);
      return;
    }
    this.memberCount++;
    this.member = new Member((error) => this.meaningOf(error));
    this.member.feeding = this.feed(this.member);
  }

  /** Reads a member's header; resolves to the end of the stream if there is no further member. */
  private async takeHeader(): Promise<CaptureEnd | undefined> {
    if (!(await this.window.fill(1))) return this.compressed.end;
    const begins =
      (await this.window.fill(2)) &&
      this.window.bytes[this.window.at] === 0x1f &&
      this.window.bytes[this.window.at + 1] === 0x8b;
    if (!begins) return this.skipRest();
    if (!(await this.window.fill(FIXED_HEADER_LENGTH))) return this.cut();
    const flags = this.window.bytes[this.window.at + FLAGS]!;
    if (this.window.bytes[this.window.at + METHOD] !== DEFLATE) return this.bad('unknown method');
    if ((flags & RESERVED_FLAGS) !== 0) return this.bad('unknown flags');
    this.window.at += FIXED_HEADER_LENGTH;
    return (await this.skipOptionalFields(flags)) ? undefined : this.cut();
  }

  /** Returns false if the input ends inside the fields. The header's own checksum is not verified. */
  private async skipOptionalFields(flags: number): Promise<boolean> {
    if ((flags & FLAG_EXTRA) !== 0) {
      if (!(await this.window.fill(2))) return false;
      const length = this.window.bytes[this.window.at]! | (this.window.bytes[this.window.at + 1]! << 8);
      if (!(await this.window.skip(2 + length))) return false;
    }
    for (const flag of [FLAG_NAME, FLAG_COMMENT]) {
      if ((flags & flag) === 0) continue;
      do if (!(await this.window.fill(1))) return false;
      while (this.window.bytes[this.window.at++] !== 0);
    }
    return (flags & FLAG_HEADER_CHECKSUM) === 0 || this.window.skip(2);
  }

  /** Passes compressed bytes to zlib until the member's deflate data ends, no faster than its output is read. */
  private async feed(member: Member): Promise<void> {
    while (!member.over) {
      if (!(await this.window.fill(1))) {
        member.inflate.end();
        return;
      }
      const consumed = await member.write(this.window.bytes.subarray(this.window.at, this.window.end));
      this.window.at += consumed;
    }
  }

  /** Handles the end of a member's output: a fault, or the trailer. */
  private async closeMember(member: Member): Promise<void> {
    this.member = undefined;
    await member.feeding;
    if (member.output.end.fault !== CaptureFault.NONE) {
      this.finish(member.output.end);
    } else if (!(await this.window.fill(TRAILER_LENGTH))) {
      this.finish(this.cut());
    } else {
      const trailer = new DataView(this.window.bytes.buffer, this.window.at, TRAILER_LENGTH);
      const right =
        trailer.getUint32(0, true) === member.checksum && trailer.getUint32(4, true) === member.length >>> 0;
      this.window.at += TRAILER_LENGTH;
      if (!right) this.finish(this.bad('checksum or length'));
    }
  }

  /** Skips the data after the last member: zeros (padding, as on tapes), or anything else with a remark. */
  private async skipRest(): Promise<CaptureEnd> {
    if (this.memberCount === 0) return this.bad('no member');
    let zeros = true;
    for (; await this.window.fill(1); this.window.at = this.window.end) {
      for (let i = this.window.at; i < this.window.end; i++) zeros &&= this.window.bytes[i] === 0;
    }
    if (zeros) return this.compressed.end;
    return { fault: CaptureFault.NONE, message: `bytes that are not gzip were skipped ${this.place}` };
  }

  private finish(end: CaptureEnd): void {
    this.over = true;
    this.end = end;
  }

  private get place(): string {
    return `after byte ${this.outputLength} of the uncompressed stream`;
  }

  private bad(what: string): CaptureEnd {
    return { fault: CaptureFault.BAD_COMPRESSION, message: `gzip data invalid (${what}) ${this.place}` };
  }

  /** The compressed input ended inside a member: by its own fault, or because it is truncated. */
  private cut(): CaptureEnd {
    if (this.compressed.end.fault !== CaptureFault.NONE) return this.compressed.end;
    return { fault: CaptureFault.CUT_COMPRESSION, message: `gzip data cut ${this.place}` };
  }

  private meaningOf(error: Error): CaptureEnd {
    return (error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR' ? this.cut() : this.bad(error.message);
  }
}

/** One member, decoded by zlib. */
class Member {
  readonly inflate: InflateRaw = createInflateRaw({ chunkSize: OUTPUT_LENGTH });
  readonly output: StreamInput;
  feeding: Promise<void> = Promise.resolve();
  checksum = 0;
  length = 0;
  /** True when the deflate data has ended, is damaged, or is no longer needed. */
  over = false;
  private wake: () => void = () => undefined;

  constructor(meaningOf: (error: Error) => CaptureEnd) {
    this.output = new StreamInput(this.inflate, meaningOf);
    for (const event of ['end', 'close', 'error']) {
      this.inflate.on(event, () => {
        this.over = true;
        this.wake();
      });
    }
  }

  /** Writes bytes to zlib; resolves to how many it consumed: fewer if the deflate data ended among them. */
  async write(bytes: Uint8Array): Promise<number> {
    const before = this.inflate.bytesWritten;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      this.inflate.write(bytes, () => {
        resolve();
      });
    });
    return this.inflate.bytesWritten - before;
  }
}
