/**
 * The octets inside a gzip stream, RFC 1952, by zlib on a thread of its own: concatenated members follow one another.
 *
 * As gzip(1) does, what follows the last member and is no member is passed over: zeros silently, anything else with a
 * remark in `end`. A bomb costs time in proportion to what it holds but no memory: output waits until it is taken.
 */
import { createGunzip } from 'node:zlib';
import type { Gunzip } from 'node:zlib';
import type { ByteInput } from './byte-input.ts';
import type { CaptureEnd } from './packet-source.ts';
import { CaptureFault } from './packet-source.ts';
import { StreamInput } from './stream-input.ts';

/** Compressed octets given to zlib at a time. */
const COMPRESSED_LENGTH = 1 << 17;
/** Octets that zlib puts out at a time. */
const OUTPUT_LENGTH = 1 << 18;
/** A member's fixed header and trailer: less cannot be a whole member. */
const SMALLEST_MEMBER_LENGTH = 18;

/** zlib's messages for octets that begin no member; it gives them only between members. */
const NO_MEMBER = /incorrect header check|unknown compression method|unknown header flags/;

export class GzipInput implements ByteInput {
  private readonly compressed: ByteInput;
  private readonly gunzip: Gunzip;
  private readonly output: StreamInput;
  private outputLength = 0;
  private pumping: Promise<void> | undefined;
  private closed = false;

  constructor(compressed: ByteInput) {
    this.compressed = compressed;
    this.gunzip = createGunzip({ chunkSize: OUTPUT_LENGTH });
    this.output = new StreamInput(this.gunzip, (error) => this.meaningOf(error));
  }

  /** A fault of the compressed octets' own comes first: without it, zlib would not have been cut short. */
  get end(): CaptureEnd {
    return this.compressed.end.fault === CaptureFault.NONE ? this.output.end : this.compressed.end;
  }

  async read(target: Uint8Array, at: number, length: number): Promise<number> {
    this.pumping ??= this.pump();
    const count = await this.output.read(target, at, length);
    this.outputLength += count;
    return count;
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.output.close();
    await this.compressed.close();
  }

  /** Moves octets from the compressed input to zlib, no faster than zlib's output is taken. */
  private async pump(): Promise<void> {
    const chunk = new Uint8Array(COMPRESSED_LENGTH);
    for (;;) {
      const count = await this.compressed.read(chunk, 0, chunk.length);
      if (this.closed || this.gunzip.destroyed) return;
      if (count === 0) break;
      await new Promise<void>((resolve) => {
        this.gunzip.write(chunk.subarray(0, count), () => {
          resolve();
        });
      });
    }
    this.gunzip.end();
  }

  private meaningOf(error: Error): CaptureEnd {
    const place = `after octet ${this.outputLength} of the uncompressed stream`;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'Z_BUF_ERROR') return { fault: CaptureFault.CUT_COMPRESSION, message: `gzip data cut ${place}` };
    if (NO_MEMBER.test(error.message) && this.gunzip.bytesWritten >= SMALLEST_MEMBER_LENGTH) {
      return { fault: CaptureFault.NONE, message: `octets that are not gzip were passed over ${place}` };
    }
    return { fault: CaptureFault.BAD_COMPRESSION, message: `gzip data invalid (${error.message}) ${place}` };
  }
}
