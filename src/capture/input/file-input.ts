/**
 * The bytes of a regular file, read directly into the caller's block without another copy.
 *
 * `readNow` leaves the bytes in the caches of the core that parses them, and the kernel reads ahead. `read` runs on
 * another thread and overlaps with the caller's work, but leaves the bytes in another core's caches. For an
 * uncompressed capture `readNow` is twice as fast.
 * Not for pipes: a read that waits for a peer blocks its thread, and the process could not exit (see stream-input).
 */
import * as fs from 'node:fs';
import type { ByteInput } from './byte-input.ts';
import { NO_FAULT } from '../capture-end.ts';
import type { CaptureEnd } from '../packet-source.ts';
import { CaptureFault } from '../packet-source.ts';
import { systemErrorText } from './system-error.ts';

export class FileInput implements ByteInput {
  end: CaptureEnd = NO_FAULT;
  private readonly descriptor: number;
  private underWay: Promise<number> | undefined;
  private closed = false;

  /** Takes ownership of the descriptor: `close` closes it, unless it is standard input. */
  constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  read(target: Uint8Array, at: number, length: number): Promise<number> {
    if (this.closed) return Promise.resolve(0);
    this.underWay = new Promise((resolve) => {
      fs.read(this.descriptor, target, at, length, null, (error, count) => {
        if (error !== null) this.fail(error);
        resolve(error === null ? count : 0);
      });
    });
    return this.underWay;
  }

  readonly readNow = (target: Uint8Array, at: number, length: number): number => {
    if (this.closed) return 0;
    try {
      return fs.readSync(this.descriptor, target, at, length, null);
    } catch (error) {
      this.fail(error);
      return 0;
    }
  };

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.underWay;
    if (this.descriptor === 0) return;
    await new Promise<void>((resolve) => {
      fs.close(this.descriptor, () => {
        resolve();
      });
    });
  }

  private fail(error: unknown): void {
    this.end = { fault: CaptureFault.UNREADABLE, message: `reading failed: ${systemErrorText(error)}` };
  }
}
