/**
 * An event log that is no regular file: standard output, a pipe, a terminal (opened by pipe-stream.ts).
 *
 * A named pipe without a reader counts as a log that cannot be written at the moment. Readers may come and go; each
 * gets whole lines from the first one on.
 */
import type { Writable } from 'node:stream';
import type { LineTarget } from './line-queue.ts';

export class StreamTarget implements LineTarget {
  readonly name: string;
  readonly isDue = false;
  private readonly open: () => Writable;
  private readonly reopens: boolean;
  private stream: Writable | null = null;
  private failure: Error | null = null;

  /** `open` may throw. With `reopens` it is called again after a failure; without, the log is gone after one. */
  constructor(name: string, open: () => Writable, reopens = false) {
    this.name = name;
    this.open = open;
    this.reopens = reopens;
  }

  get isGone(): boolean {
    return this.failure !== null;
  }

  write(chunk: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      const stream = this.started();
      if (this.failure !== null) {
        reject(this.failure);
        return;
      }
      stream.write(chunk, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }

  sync(): Promise<void> {
    return Promise.resolve();
  }

  rotate(): Promise<void> {
    return Promise.resolve();
  }

  removeOld(): Promise<void> {
    return Promise.resolve();
  }

  reopen(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.stream?.destroy();
    return Promise.resolve();
  }

  private started(): Writable {
    if (this.stream !== null) return this.stream;
    const stream = this.open();
    stream.on('error', (error) => {
      if (this.reopens) this.stream = null;
      else this.failure = error;
    });
    this.stream = stream;
    return stream;
  }
}
