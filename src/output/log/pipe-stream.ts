/**
 * Pipes to write to without blocking. Node writes to pipes synchronously, so a reader that stops reading would block
 * the whole process. Here the pipe is opened again in non-blocking mode, and only the log waits.
 */
import { constants, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';

/** Opens a named pipe; throws if it has no reader, where a blocking open would wait for one. */
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
