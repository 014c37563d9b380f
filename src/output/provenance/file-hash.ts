/** Size and SHA-256 of a file, with its state, which shows later whether it has changed. */
import { createHash } from 'node:crypto';
import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';

/** Bytes per read. */
const PIECE_LENGTH = 1 << 20;

export interface FileHash {
  readonly bytes: number;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
  /** Equal for a file that has not changed. */
  readonly state: string;
}

/** Hashes a regular file. Rejects where it cannot be read; never waits for another program. */
export async function hashFile(path: string): Promise<FileHash> {
  // A pipe in the file's place must not block.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const state = stateOf(await file.stat({ bigint: true }));
    return { ...(await hashed(file)), state };
  } finally {
    await file.close();
  }
}

/** The state of a file now; empty if there is no file. */
export async function fileState(path: string): Promise<string> {
  try {
    return stateOf(await stat(path, { bigint: true }));
  } catch {
    return '';
  }
}

async function hashed(file: FileHandle): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  const piece = new Uint8Array(PIECE_LENGTH);
  let bytes = 0;
  for (;;) {
    const { bytesRead } = await file.read(piece, 0, PIECE_LENGTH, null);
    if (bytesRead === 0) return { bytes, sha256: hash.digest('hex') };
    hash.update(piece.subarray(0, bytesRead));
    bytes += bytesRead;
  }
}

function stateOf({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs].join(' ');
}
