/**
 * An event log in a file. Each chunk is appended whole or not at all, and the file is rotated by size or by age.
 *
 * Contract: chunks end with a line break. A chunk that does not fit (full disk) is truncated away again, so the file is
 * valid JSON Lines at any time. Calls must not overlap.
 */
import { constants, ftruncateSync, writeSync } from 'node:fs';
import { type FileHandle, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { tornEndOf } from './log-tail.ts';
import type { LineTarget } from './line-queue.ts';
import { HeldSegments } from './held-segments.ts';
import { isSegmentOf, segmentMs, segmentName } from './segment-name.ts';

/** A name beyond has no year of four digits, or is no time. */
const LATEST_MS = Date.parse('9999-12-31T00:00:00Z');

/** When a file is rotated. */
export interface Rotation {
  /** Size in bytes; Infinity for never. */
  readonly bytes: number;
  /** Age in milliseconds; Infinity for never. */
  readonly ageMs: number;
  /** Number of rotated files to keep; the oldest are deleted first. */
  readonly kept: number;
}

/** The position in a log that a checkpoint stores, with the field names of the state file. */
export interface LogPosition {
  readonly inode: number;
  readonly octets: number;
}

export class RotatingFile implements LineTarget {
  readonly name: string;
  readonly isGone = false;
  /** Called after a segment was closed; it then also removes old ones. Null: the file removes them itself. */
  onClosed: (() => void) | null = null;
  /** Whether a closed segment, by its name, may be removed; asked for each that is too old, oldest first. */
  mayRemove: (file: string) => boolean = () => true;
  /** Those that a restart needs. */
  readonly held: HeldSegments;
  private readonly rotation: Rotation;
  private handle: FileHandle | null = null;
  /** The unfinished line that `start` has found; empty for none. */
  torn: Buffer = Buffer.alloc(0);
  private size = 0;
  private inode = 0;
  private openedAtMs = 0;
  /** The time in the name of the last closed segment, ms since 1970. */
  private lastSegmentMs = -Infinity;

  constructor(path: string, rotation: Rotation) {
    this.name = path;
    this.rotation = rotation;
    this.held = new HeldSegments(rotation.kept);
  }

  /** Opens or creates the file. A line that a killed process left unfinished stays, in `torn`. */
  async start(): Promise<void> {
    await this.open();
    await this.noteSegments();
    // A device has no readable end.
    if (this.size > 0) this.torn = await tornEndOf(this.name);
  }

  /** Cuts the unfinished line, before anything is written. */
  cutTorn(): void {
    if (this.torn.length === 0) return;
    this.size -= this.torn.length;
    this.torn = Buffer.alloc(0);
    ftruncateSync(this.handle!.fd, this.size);
  }

  /**
   * Writes the rest of a line that begins with the unfinished one, before anything else is written. False if it begins
   * otherwise, or cannot be written whole: the unfinished one is then still there.
   */
  completeTorn(line: string): boolean {
    const bytes = Buffer.from(line);
    const { torn } = this;
    if (torn.length === 0 || torn.compare(bytes, 0, Math.min(torn.length, bytes.length)) !== 0) return false;
    const rest = bytes.subarray(torn.length);
    const { fd } = this.handle!;
    try {
      if (writeSync(fd, rest) < rest.length) throw new Error('the disk is full');
    } catch {
      ftruncateSync(fd, this.size);
      return false;
    }
    this.size += rest.length;
    this.torn = Buffer.alloc(0);
    return true;
  }

  get position(): LogPosition {
    return { inode: this.inode, octets: this.size };
  }

  async write(chunk: Uint8Array): Promise<void> {
    const handle = this.handle ?? (await this.open());
    // Another program may have copied and truncated the file (copytruncate). Truncating to the earlier, larger size
    // would then fill it with zeros.
    this.size = Math.min(this.size, (await handle.stat()).size);
    try {
      for (let at = 0; at < chunk.length;) at += (await handle.write(chunk, at)).bytesWritten;
      this.size += chunk.length;
    } catch (error) {
      await handle.truncate(this.size);
      throw error;
    }
  }

  /** Flushes written data to the disk. */
  async sync(): Promise<void> {
    await this.handle?.datasync();
  }

  get isDue(): boolean {
    const isOld = Date.now() - this.openedAtMs >= this.rotation.ageMs;
    return this.size > 0 && (this.size >= this.rotation.bytes || isOld);
  }

  /** Renames the file to NAME.TIME and begins a new one. */
  async rotate(): Promise<void> {
    await this.close();
    const segment = await this.nextSegment();
    await rename(this.name, segment);
    this.held.closed(basename(segment), this.inode);
    await this.open();
    await this.removeOld();
  }

  /** Removes the closed segments that are too many and that nothing needs. */
  async removeOld(): Promise<void> {
    if (this.onClosed === null) await this.removeOldest();
    else this.onClosed();
  }

  /** Whether a closed segment, by its name, may be removed, and no restart needs it. */
  isRemovable(name: string): boolean {
    return this.mayRemove(name) && !this.held.needs(name);
  }

  /** Opens the path again, after another program has renamed the file. */
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
    this.size = size;
    this.inode = ino;
    this.openedAtMs = Date.now();
    return handle;
  }

  /** The path of the segment that is closed now. It comes after all that are there, and takes the place of none. */
  private async nextSegment(): Promise<string> {
    const log = basename(this.name);
    const times = (await this.segments()).map((name) => segmentMs(log, name)).filter((ms) => ms < LATEST_MS);
    // A segment that was removed meanwhile has had its name: a chain of segments knows it.
    this.lastSegmentMs = Math.max(Date.now(), this.lastSegmentMs + 1, (times.at(-1) ?? -Infinity) + 1);
    return segmentName(this.name, new Date(this.lastSegmentMs));
  }

  private async removeOldest(): Promise<void> {
    const moved = await this.segments();
    for (const name of moved.slice(0, Math.max(0, moved.length - this.rotation.kept)))
      if (this.isRemovable(name)) await unlink(join(dirname(this.name), name));
  }

  /** The segments that earlier processes have closed; none where the folder cannot be read. */
  private async noteSegments(): Promise<void> {
    for (const name of await this.segments().catch(() => [])) {
      const found = await stat(join(dirname(this.name), name)).catch(() => null);
      if (found !== null) this.held.closed(name, found.ino);
    }
  }

  /** Names of the closed segments, the oldest first. */
  private async segments(): Promise<string[]> {
    return (await readdir(dirname(this.name))).filter((name) => isSegmentOf(basename(this.name), name)).sort();
  }
}

/** The kind of log at a path; `file` if nothing exists there. */
export async function logKindOf(path: string): Promise<'file' | 'named pipe' | 'device'> {
  try {
    const found = await stat(path);
    if (found.isFIFO()) return 'named pipe';
    return found.isFile() ? 'file' : 'device';
  } catch {
    return 'file';
  }
}
