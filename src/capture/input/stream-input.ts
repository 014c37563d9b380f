/**
 * The bytes of a Node stream: pipes, terminals, the output of a capturing process, a decompressor. Chunks are copied to
 * the caller's block. At most one chunk and the stream's own queue wait, so the stream's high-water mark bounds the
 * memory. A read that waits for a peer blocks no thread, so the process can exit meanwhile.
 */
import type { Readable } from 'node:stream';
import type { ByteInput } from './byte-input.ts';
import { NO_FAULT } from '../capture-end.ts';
import type { CaptureEnd } from '../packet-source.ts';
import { CaptureFault } from '../packet-source.ts';
import { systemErrorText } from './system-error.ts';

const NO_CHUNK = new Uint8Array(0);

/** Maps an error of the stream to the end of the capture. */
type ErrorMeaning = (error: Error) => CaptureEnd;

const readingFailed: ErrorMeaning = (error) => ({
  fault: CaptureFault.UNREADABLE,
  message: `reading failed: ${systemErrorText(error)}`,
});

export class StreamInput implements ByteInput {
  end: CaptureEnd = NO_FAULT;
  private readonly stream: Readable;
  private chunk: Uint8Array = NO_CHUNK;
  private chunkAt = 0;
  private over = false;
  private wake: () => void = () => undefined;

  constructor(stream: Readable, meaningOf: ErrorMeaning = readingFailed) {
    this.stream = stream;
    const finish = (): void => {
      this.over = true;
      this.wake();
    };
    stream.on('readable', () => {
      this.wake();
    });
    stream.on('end', finish);
    stream.on('close', finish);
    stream.on('error', (error) => {
      if (!this.over) this.end = meaningOf(error);
      finish();
    });
  }

  async read(target: Uint8Array, at: number, length: number): Promise<number> {
    while (this.chunkAt === this.chunk.length) {
      const chunk = this.stream.read() as Uint8Array | null;
      if (chunk !== null) {
        this.chunk = chunk;
        this.chunkAt = 0;
      } else {
        if (this.over) return 0;
        await new Promise<void>((resolve) => (this.wake = resolve));
      }
    }
    const count = Math.min(length, this.chunk.length - this.chunkAt);
    target.set(this.chunk.subarray(this.chunkAt, this.chunkAt + count), at);
    this.chunkAt += count;
    return count;
  }

  close(): Promise<void> {
    this.over = true;
    this.chunk = NO_CHUNK;
    this.chunkAt = 0;
    this.stream.destroy();
    this.wake();
    return Promise.resolve();
  }
}
