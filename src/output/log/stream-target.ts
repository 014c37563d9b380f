/**
 * An event log that is no regular file: standard output, a pipe, a terminal. Node writes to pipes synchronously, so a
 * reader that stops reading would block the whole process. Here the pipe is opened again in non-blocking mode, and only
 * the log waits.
 *
 * A named pipe without a reader counts as a log that cannot be written at the moment, because a blocking open would
 * wait for a reader. Readers may come and go; each gets whole lines from the first one on.
 */
import { constants, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
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

/** Opens a named pipe; throws if it has no reader. */
export function openNamedPipe(path: string): Writable {
  const descriptor = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  return new Socket({ fd: descriptor, readable: false, writable: true });
}

/** Opens standard output so that a write never blocks the process. */
export function openStandardOutput(): Writable {
  const kind = fstatSync(1);
  if (kind.isFIFO()) return new Socket({ fd: reopenedPipe(), readable: false, writable: true });
  if (kind.isSocket()) return new Socket({ fd: 1, readable: false, writable: true });
  return process.stdout;
}

/**
 * A new descriptor of the same pipe with its own non-blocking flag: processes that share descriptor 1 are not affected.
 */
function reopenedPipe(): number {
  try {
    return openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return 1;
  }
}
