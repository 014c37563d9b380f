/**
 * An event log that is no file: standard output, a pipe, a terminal. Node writes to pipes in the calling thread, so a reader
 * that stops reading would stop the whole process; here the pipe is opened again without blocking, and only the log waits.
 *
 * A named pipe without a reader is a log that cannot be written now: opening it in the usual way would wait for a reader, whatever else
 * there is to do. Readers may come and go; each gets whole lines from its first one on.
 */
import { constants, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { LineTarget } from './rotating-lines.ts';

export class RotatingStream implements LineTarget {
  readonly name: string;
  readonly isDue = false;
  private readonly open: () => Writable;
  private readonly reopens: boolean;
  private stream: Writable | null = null;
  private failure: Error | null = null;

  /** `open` may throw. With `reopens` it is called again after a failure, else the log is gone then. */
  constructor(name: string, open: () => Writable, reopens = false) {
    this.name = name;
    this.open = open;
    this.reopens = reopens;
  }

  get isGone(): boolean {
    return this.failure !== null;
  }

  write(piece: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      const stream = this.started();
      if (this.failure !== null) {
        reject(this.failure);
        return;
      }
      stream.write(piece, (error) => {
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

/** A named pipe; throws where it has no reader. */
export function openNamedPipe(path: string): Writable {
  const descriptor = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  return new Socket({ fd: descriptor, readable: false, writable: true });
}

/** Standard output, so that a write never blocks the process. */
export function openStandardOutput(): Writable {
  const kind = fstatSync(1);
  if (kind.isFIFO()) return new Socket({ fd: reopenedPipe(), readable: false, writable: true });
  if (kind.isSocket()) return new Socket({ fd: 1, readable: false, writable: true });
  return process.stdout;
}

/** A descriptor of the same pipe with a non-blocking mode of its own: whoever shares ours keeps theirs. */
function reopenedPipe(): number {
  try {
    return openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return 1;
  }
}
