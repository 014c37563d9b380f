/**
 * An event log that is a file: whole pieces are appended or nothing is, and it is moved aside by size or by age.
 *
 * Contract: pieces end with a line break. A piece that does not fit (full disk) is taken back to the last whole one, so the
 * file is JSON Lines at any time. One call at a time.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { tornLengthOf } from './log-tail.ts';
import type { LineTarget } from './rotating-lines.ts';

/** When a file is moved aside. */
export interface Rotation {
  /** Octets from which on; Infinity for never. */
  readonly octets: number;
  /** Age from which on, milliseconds; Infinity for never. */
  readonly ageMs: number;
  /** Files that were moved aside and are kept; the oldest go first. */
  readonly kept: number;
}

/** Where a log stands: what a checkpoint keeps of it. */
export interface LogPosition {
  readonly inode: number;
  readonly octets: number;
}

export class RotatingFile implements LineTarget {
  readonly name: string;
  readonly isGone = false;
  private readonly rotation: Rotation;
  private handle: FileHandle | null = null;
  private octets = 0;
  private inode = 0;
  private openedAtMs = 0;

  constructor(path: string, rotation: Rotation) {
    this.name = path;
    this.rotation = rotation;
  }

  /**
   * Opens or creates the file; cuts it to `position` where it is the file that this names. True where it could. A line that a killed
   * process did not finish is cut off in any case.
   */
  async start(position?: LogPosition): Promise<boolean> {
    const handle = await this.open();
    const isOther = position !== undefined && (position.inode !== this.inode || position.octets > this.octets);
    const end = position === undefined || isOther ? this.octets - (await this.tornLength()) : position.octets;
    if (end < this.octets) await handle.truncate(end);
    this.octets = end;
    return !isOther;
  }

  /** A device has no end to read. */
  private async tornLength(): Promise<number> {
    return this.octets === 0 ? 0 : tornLengthOf(this.name);
  }

  get position(): LogPosition {
    return { inode: this.inode, octets: this.octets };
  }

  async write(piece: Uint8Array): Promise<void> {
    const handle = this.handle ?? (await this.open());
    // Another program may have copied the file and cut it (copytruncate): taking a piece back to an older end would fill it with zeros.
    this.octets = Math.min(this.octets, (await handle.stat()).size);
    try {
      for (let at = 0; at < piece.length;) at += (await handle.write(piece, at)).bytesWritten;
      this.octets += piece.length;
    } catch (error) {
      await handle.truncate(this.octets);
      throw error;
    }
  }

  /** Has what was written reach the disk. */
  async sync(): Promise<void> {
    await this.handle?.datasync();
  }

  get isDue(): boolean {
    const isOld = Date.now() - this.openedAtMs >= this.rotation.ageMs;
    return this.octets > 0 && (this.octets >= this.rotation.octets || isOld);
  }

  /** Moves the file aside, as NAME.TIME, and begins a new one. */
  async rotate(): Promise<void> {
    const time = new Date().toISOString().replace(/[-:]/g, '').replace('.', '');
    await this.close();
    await rename(this.name, `${this.name}.${time}`);
    await this.open();
    await this.removeOldest();
  }

  /** Opens the path again: another program has moved the file aside. */
  async reopen(): Promise<void> {
    await this.close();
    await this.open();
  }

  async close(): Promise<void> {
    const { handle } = this;
    this.handle = null;
    await handle?.close();
  }

  private async open(): Promise<FileHandle> {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND;
    const handle = await open(this.name, flags, 0o640);
    const { size, ino } = await handle.stat();
    this.handle = handle;
    this.octets = size;
    this.inode = ino;
    this.openedAtMs = Date.now();
    return handle;
  }

  private async removeOldest(): Promise<void> {
    const folder = dirname(this.name);
    const start = `${basename(this.name)}.`;
    const moved = (await readdir(folder))
      .filter((name) => name.startsWith(start) && /\.\d{8}T\d{9}Z$/.test(name))
      .sort();
    for (const name of moved.slice(0, Math.max(0, moved.length - this.rotation.kept))) await unlink(join(folder, name));
  }
}

/** What a path of a log is; a file where there is nothing yet. */
export async function logKindOf(path: string): Promise<'file' | 'named pipe' | 'device'> {
  try {
    const found = await stat(path);
    if (found.isFIFO()) return 'named pipe';
    return found.isFile() ? 'file' : 'device';
  } catch {
    return 'file';
  }
}
