/**
 * A pipe between a capturing process and this one. Node gives children sockets where one asks for pipes; a socket keeps every
 * small write as a buffer of its own, and fills up with a few hundred packets. A pipe puts writes together.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

export interface LivePipe {
  readonly reading: Readable;
  /** Descriptor for the child's standard output; ours is closed with `release`. */
  readonly writing: number;
  /** The child has its own now: with its end the pipe ends. */
  readonly release: () => void;
}

/** Null where the system has no named pipes. */
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
