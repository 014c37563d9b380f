/**
 * An event log that is no file: standard output, a pipe, a terminal. Node writes to pipes in the calling thread, so a reader
 * that stops reading would stop the whole process; here the pipe is opened anew without blocking, and only the log waits.
 */
import { constants, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { LineTarget } from './rotating-lines.ts';

export class RotatingStream implements LineTarget {
  readonly name: string;
  readonly isDue = false;
  private readonly open: () => Writable;
  private stream: Writable | null = null;
  private failure: Error | null = null;

  constructor(name: string, open: () => Writable) {
    this.name = name;
    this.open = open;
  }

  get isGone(): boolean {
    return this.failure !== null;
  }

  write(piece: Uint8Array): Promise<void> {
    const stream = this.started();
    return new Promise((resolve, reject) => {
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
    this.stream = this.open();
    this.stream.on('error', (error) => {
      this.failure = error;
    });
    return this.stream;
  }
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
