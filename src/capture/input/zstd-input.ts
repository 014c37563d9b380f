/**
 * Decompresses a Zstandard stream, RFC 8878. A library does the decoding: node:zlib if this Node has Zstandard, else
 * fzstd in a worker thread. This class passes it the frames piece by piece, and reports how the stream ended.
 *
 * Back-pressure: a piece is read and decompressed after the output of the previous one was read. A decompression bomb
 * costs time but bounded memory: about 1 MB of output, and the decoder's window.
 */
import type { ByteInput } from './byte-input.ts';
import { NO_FAULT } from '../capture-end.ts';
import type { CaptureEnd } from '../packet-source.ts';
import { CaptureFault } from '../packet-source.ts';
import type { ZstdDecoder } from './zstd-decoder.ts';
import { CutZstd, InvalidZstd, ZstdFrames } from './zstd-frames.ts';
import { WorkerDecoder } from './zstd-worker.ts';
import { openZlibDecoder } from './zstd-zlib.ts';

export class ZstdInput implements ByteInput {
  end: CaptureEnd = NO_FAULT;
  private readonly compressed: ByteInput;
  private readonly frames: ZstdFrames;
  private readonly decoder: ZstdDecoder;
  private chunks: readonly Uint8Array[] = [];
  private chunkIndex = 0;
  private chunkAt = 0;
  private failure = '';
  private outputLength = 0;
  private over = false;

  /** `decoder` lets tests choose one. */
  constructor(compressed: ByteInput, decoder: ZstdDecoder = openZlibDecoder() ?? new WorkerDecoder()) {
    this.compressed = compressed;
    this.frames = new ZstdFrames(compressed);
    this.decoder = decoder;
  }

  async read(target: Uint8Array, at: number, length: number): Promise<number> {
    while (!this.over) {
      const chunk = this.chunks[this.chunkIndex];
      if (chunk === undefined) {
        await this.decode();
        continue;
      }
      const count = Math.min(length, chunk.length - this.chunkAt);
      target.set(chunk.subarray(this.chunkAt, this.chunkAt + count), at);
      this.chunkAt += count;
      this.outputLength += count;
      if (this.chunkAt === chunk.length) {
        this.chunkIndex++;
        this.chunkAt = 0;
      }
      return count;
    }
    return 0;
  }

  async close(): Promise<void> {
    this.over = true;
    await this.decoder.close();
    await this.compressed.close();
  }

  /** Decodes the next piece, or finishes. */
  private async decode(): Promise<void> {
    try {
      if (this.failure !== '') throw new InvalidZstd(this.failure);
      const piece = await this.frames.next();
      if (piece === undefined) {
        await this.finish(this.compressed.end);
        return;
      }
      const { chunks, failure } = await this.decoder.decode(piece);
      this.chunks = chunks;
      this.chunkIndex = 0;
      this.failure = failure;
    } catch (error) {
      await this.finish(this.meaningOf(error));
    }
  }

  private async finish(end: CaptureEnd): Promise<void> {
    if (!this.over) this.end = end;
    this.over = true;
    this.chunks = [];
    await this.decoder.close();
  }

  private meaningOf(error: unknown): CaptureEnd {
    const place = `after byte ${this.outputLength} of the uncompressed stream`;
    if (error instanceof CutZstd) {
      if (this.compressed.end.fault !== CaptureFault.NONE) return this.compressed.end;
      return { fault: CaptureFault.CUT_COMPRESSION, message: `zstd data cut ${place}` };
    }
    const what = error instanceof Error ? error.message : String(error);
    return { fault: CaptureFault.BAD_COMPRESSION, message: `zstd data invalid (${what}) ${place}` };
  }
}
