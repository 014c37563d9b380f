/**
 * A named pipe between a capturing process and this one. For its child processes Node uses sockets as pipes. A socket
 * stores every small write in a separate buffer and is full after a few hundred packets; a pipe merges writes.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

export interface LivePipe {
  readonly reading: Readable;
  /** Descriptor for the child's standard output; `release` closes this process's copy. */
  readonly writing: number;
  /** To be called when the child has its own descriptor: then the pipe ends when the child ends. */
  readonly release: () => void;
}

/** Null if the system has no named pipes. */
export function openLivePipe(): LivePipe | null {
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(tmpdir(), 'sluice-'));
    const path = join(folder, 'capture');
    if (spawnSync('mkfifo', ['-m', '600', path], { stdio: 'ignore' }).status !== 0) return null;
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writing = openSync(path, constants.O_WRONLY);
    return {
      reading: new Socket({ fd: descriptor, readable: true, writable: false }),
      writing,
      release: () => {
        closeSync(writing);
      },
    };
  } catch {
    return null;
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}
