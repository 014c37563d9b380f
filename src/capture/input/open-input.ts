/**
 * Opens a path, or `-` for standard input, as a byte input. If that fails the input ends immediately, with the reason.
 */
import * as fs from 'node:fs';
import { open } from 'node:fs/promises';
import { Socket } from 'node:net';
import type { ByteInput } from './byte-input.ts';
import { unreadableInput } from './byte-input.ts';
import { FileInput } from './file-input.ts';
import { StreamInput } from './stream-input.ts';
import { systemErrorText } from './system-error.ts';

/** The path that means standard input. */
export const STANDARD_INPUT = '-';

/** Opens regular files, FIFOs, sockets and devices; a folder is an error. Never rejects. */
export async function openInput(path: string): Promise<ByteInput> {
  try {
    return path === STANDARD_INPUT ? openStandardInput() : await openPath(path);
  } catch (error) {
    return unreadableInput(`cannot open: ${systemErrorText(error)}`);
  }
}

function openStandardInput(): ByteInput {
  const kind = fs.fstatSync(0);
  if (kind.isDirectory()) return unreadableInput('cannot open: is a directory');
  return kind.isFile() ? new FileInput(0) : new StreamInput(process.stdin);
}

async function openPath(path: string): Promise<ByteInput> {
  const kind = fs.statSync(path);
  if (kind.isDirectory()) return unreadableInput('cannot open: is a directory');
  if (kind.isFIFO()) {
    const descriptor = await openFifo(path);
    return new StreamInput(new Socket({ fd: descriptor, readable: true, writable: false }));
  }
  if (kind.isFile()) return new FileInput(fs.openSync(path, 'r'));
  return new StreamInput((await open(path, 'r')).createReadStream());
}

/**
 * A plain descriptor instead of a FileHandle, because the input closes it itself. Opening a FIFO waits for a writer.
 */
function openFifo(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.open(path, 'r', (error, descriptor) => {
      if (error === null) resolve(descriptor);
      else reject(error);
    });
  });
}
