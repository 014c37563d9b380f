/**
 * The octets inside a gzip stream, RFC 1952: concatenated members follow one another. The deflate data of each is
 * decoded by zlib on a thread of its own, while the octets before it are parsed.
 *
 * As gzip(1) does, what follows the last member and is no member is passed over: zeros silently, anything else with a
 * remark in `end`. Length and checksum of each member are checked, after its octets were delivered. A bomb costs time in
 * proportion to what it holds but no memory: output waits until it is taken.
 */
import { crc32, createInflateRaw } from 'node:zlib';
import type { InflateRaw } from 'node:zlib';
import type { ByteInput } from './byte-input.ts';
import { NO_FAULT } from '../capture-end.ts';
import type { CaptureEnd } from '../packet-source.ts';
import { CaptureFault } from '../packet-source.ts';
import { StreamInput } from './stream-input.ts';

/**
 * Compressed octets given to zlib at a time. Where they turn out to be damaged, zlib's binding drops what it had made of
 * them, so this is also about how much before the damage is lost.
 */
const COMPRESSED_LENGTH = 1 << 14;
/** Octets that zlib puts out at a time. */
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
  private readonly source = new Uint8Array(COMPRESSED_LENGTH);
  private sourceAt = 0;
  private sourceEnd = 0;
  private member: Member | undefined;
  private memberCount = 0;
  private outputLength = 0;
  private over = false;

  constructor(compressed: ByteInput) {
    this.compressed = compressed;
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

  /** Passes over a member's header; resolves to the end of it all where there is none. */
  private async takeHeader(): Promise<CaptureEnd | undefined> {
    if (!(await this.fill(1))) return this.compressed.end;
    const begins =
      (await this.fill(2)) && this.source[this.sourceAt] === 0x1f && this.source[this.sourceAt + 1] === 0x8b;
    if (!begins) return this.passOverRest();
    if (!(await this.fill(FIXED_HEADER_LENGTH))) return this.cut();
    const flags = this.source[this.sourceAt + FLAGS]!;
    if (this.source[this.sourceAt + METHOD] !== DEFLATE) return this.bad('unknown method');
    if ((flags & RESERVED_FLAGS) !== 0) return this.bad('unknown flags');
    this.sourceAt += FIXED_HEADER_LENGTH;
    return (await this.skipOptionalFields(flags)) ? undefined : this.cut();
  }

  /** False where the input ends in them. The header's own checksum is not looked at. */
  private async skipOptionalFields(flags: number): Promise<boolean> {
    if ((flags & FLAG_EXTRA) !== 0) {
      if (!(await this.fill(2))) return false;
      const length = this.source[this.sourceAt]! | (this.source[this.sourceAt + 1]! << 8);
      if (!(await this.skip(2 + length))) return false;
    }
    for (const flag of [FLAG_NAME, FLAG_COMMENT]) {
      if ((flags & flag) === 0) continue;
      do if (!(await this.fill(1))) return false;
      while (this.source[this.sourceAt++] !== 0);
    }
    return (flags & FLAG_HEADER_CHECKSUM) === 0 || this.skip(2);
  }

  /** Moves compressed octets to zlib until the member's deflate data ends, no faster than its output is taken. */
  private async feed(member: Member): Promise<void> {
    while (!member.over) {
      if (!(await this.fill(1))) {
        member.inflate.end();
        return;
      }
      const consumed = await member.write(this.source.subarray(this.sourceAt, this.sourceEnd));
      this.sourceAt += consumed;
    }
  }

  /** The member's output has ended: by a fault, or before its trailer. */
  private async closeMember(member: Member): Promise<void> {
    this.member = undefined;
    await member.feeding;
    if (member.output.end.fault !== CaptureFault.NONE) {
      this.finish(member.output.end);
    } else if (!(await this.fill(TRAILER_LENGTH))) {
      this.finish(this.cut());
    } else {
      const trailer = new DataView(this.source.buffer, this.sourceAt, TRAILER_LENGTH);
      const right =
        trailer.getUint32(0, true) === member.checksum && trailer.getUint32(4, true) === member.length >>> 0;
      this.sourceAt += TRAILER_LENGTH;
      if (!right) this.finish(this.bad('checksum or length'));
    }
  }

  /** What is behind the last member: nothing but zeros, as on tapes, or a remark. */
  private async passOverRest(): Promise<CaptureEnd> {
    if (this.memberCount === 0) return this.bad('no member');
    let zeros = true;
    for (; await this.fill(1); this.sourceAt = this.sourceEnd) {
      for (let i = this.sourceAt; i < this.sourceEnd; i++) zeros &&= this.source[i] === 0;
    }
    if (zeros) return this.compressed.end;
    return { fault: CaptureFault.NONE, message: `octets that are not gzip were passed over ${this.place}` };
  }

  private finish(end: CaptureEnd): void {
    this.over = true;
    this.end = end;
  }

  private get place(): string {
    return `after octet ${this.outputLength} of the uncompressed stream`;
  }

  private bad(what: string): CaptureEnd {
    return { fault: CaptureFault.BAD_COMPRESSION, message: `gzip data invalid (${what}) ${this.place}` };
  }

  /** The compressed input ended inside a member: by a fault of its own, or because it was cut. */
  private cut(): CaptureEnd {
    if (this.compressed.end.fault !== CaptureFault.NONE) return this.compressed.end;
    return { fault: CaptureFault.CUT_COMPRESSION, message: `gzip data cut ${this.place}` };
  }

  private meaningOf(error: Error): CaptureEnd {
    return (error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR' ? this.cut() : this.bad(error.message);
  }

  /** Waits until `count` compressed octets are there, at most COMPRESSED_LENGTH; false where the input ends before. */
  private async fill(count: number): Promise<boolean> {
    while (this.sourceEnd - this.sourceAt < count) {
      this.source.copyWithin(0, this.sourceAt, this.sourceEnd);
      this.sourceEnd -= this.sourceAt;
      this.sourceAt = 0;
      const got = await this.compressed.read(this.source, this.sourceEnd, COMPRESSED_LENGTH - this.sourceEnd);
      if (got === 0) return false;
      this.sourceEnd += got;
    }
    return true;
  }

  /** Passes over `count` octets; false where the input ends before. */
  private async skip(count: number): Promise<boolean> {
    for (let left = count; left > 0;) {
      if (!(await this.fill(1))) return false;
      const step = Math.min(left, this.sourceEnd - this.sourceAt);
      this.sourceAt += step;
      left -= step;
    }
    return true;
  }
}

/** The deflate data of one member on its way through zlib. */
class Member {
  readonly inflate: InflateRaw = createInflateRaw({ chunkSize: OUTPUT_LENGTH });
  readonly output: StreamInput;
  feeding: Promise<void> = Promise.resolve();
  checksum = 0;
  length = 0;
  /** The deflate data has ended, is damaged, or nobody wants it any more. */
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

  /** Gives octets to zlib; resolves to how many it took: fewer where the deflate data ended among them. */
  async write(octets: Uint8Array): Promise<number> {
    const before = this.inflate.bytesWritten;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      this.inflate.write(octets, () => {
        resolve();
      });
    });
    return this.inflate.bytesWritten - before;
  }
}
