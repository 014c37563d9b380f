/**
 * The log of decisions as an outbox: its closed segments, oldest first, then the open one. A segment is named by `seq`
 * of its first line, which stays when it is moved aside. A segment is kept until it is acknowledged, within a bound.
 */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { segmentsOf } from '../output/log/chain/segment-chain.ts';
import type { LogPosition } from '../output/log/rotating-file.ts';
import { FleetError } from './fleet-link.ts';
import type { Outbox, OutboxBatch, OutboxPosition } from './outbox.ts';

/** Bounds of a batch, as the fleet's contract has them. One longer line is a batch of its own. */
export const MOST_LINES = 256;
export const MOST_BYTES = 256 << 10;
/** More than the longest line. */
const LONGEST_LINE = 1 << 20;
const LINE_BREAK = 10;
const LINE_END = 64;
const SEQ = /,"seq":(\d{1,15})\}$/;

/** The segment that is being read. */
interface Reading {
  readonly name: string;
  readonly handle: FileHandle;
  readonly inode: number;
  readonly firstSeq: number;
}

export interface LogOutboxOptions {
  /** The path of the log. */
  readonly log: string;
  /** The open segment as far as it is written: what a failed write leaves beyond is cut again. */
  readonly written: () => LogPosition;
  /** Bytes of closed segments that wait; more are removed, oldest first, and counted. */
  readonly mostBytes: number;
}

export class LogOutbox implements Outbox {
  /** Bytes of the closed segments that are not acknowledged. */
  backlogBytes = 0;
  private readonly options: LogOutboxOptions;
  private reading: Reading | null = null;
  /** `seq` of the first line of the segment up to which all is acknowledged; null before anything is. */
  private acknowledgedSegment: number | null = null;
  private readonly sizes = new Map<string, { readonly bytes: number; readonly firstSeq: number }>();

  constructor(options: LogOutboxOptions) {
    this.options = options;
  }

  async next(after: OutboxPosition | null): Promise<OutboxBatch | null> {
    for (let position = after; ;) {
      const reading = await this.segmentAt(position);
      if (reading === null) return null;
      const isSame = reading.firstSeq === position?.segment;
      const offset = isSame ? position!.offset : 0;
      // Before it is read: a segment that is closed now has no more lines than are read.
      const isClosed = this.options.written().inode !== reading.inode;
      const batch = await this.read(reading, offset);
      if (batch !== null) {
        const expected = position === null ? reading.firstSeq : position.lastSeq + 1;
        const lost = isSame ? 0 : reading.firstSeq - expected;
        return { ...batch, lost };
      }
      const following = isClosed ? await this.following(reading) : null;
      if (following === null) return null;
      position = { segment: following, offset: 0, lastSeq: position?.lastSeq ?? following - 1 };
    }
  }

  acknowledged({ segment }: OutboxPosition): void {
    this.acknowledgedSegment = segment;
  }

  /** Whether a closed segment may be removed: it is acknowledged, or too many bytes wait. */
  mayRemove(file: string): boolean {
    const known = this.sizes.get(file);
    if (known === undefined || this.acknowledgedSegment === null) return this.isOverBound();
    return known.firstSeq < this.acknowledgedSegment || this.isOverBound();
  }

  /** Looks at the closed segments; to be called before they are removed, and about once a second. */
  async look(): Promise<void> {
    const { log } = this.options;
    const files = await segmentsOf(log);
    for (const file of [...this.sizes.keys()]) if (!files.includes(file)) this.sizes.delete(file);
    for (const file of files) {
      if (this.sizes.has(file)) continue;
      const path = join(dirname(log), file);
      const firstSeq = await firstSeqOf(path);
      if (firstSeq !== null) this.sizes.set(file, { bytes: (await stat(path)).size, firstSeq });
    }
    this.backlogBytes = 0;
    for (const { bytes, firstSeq } of this.sizes.values())
      if (this.acknowledgedSegment === null || firstSeq >= this.acknowledgedSegment) this.backlogBytes += bytes;
  }

  async close(): Promise<void> {
    const { reading } = this;
    this.reading = null;
    await reading?.handle.close();
  }

  private isOverBound(): boolean {
    return this.backlogBytes > this.options.mostBytes;
  }

  /** The segment of a position, or the first one after it. Throws FleetError where the log's numbers began again. */
  private async segmentAt(position: OutboxPosition | null): Promise<Reading | null> {
    if (this.reading !== null && this.reading.firstSeq === position?.segment) return this.reading;
    const all = await this.segments();
    const found =
      position === null
        ? all[0]
        : (all.find(({ firstSeq }) => firstSeq === position.segment) ??
          all.find(({ firstSeq }) => firstSeq > position.lastSeq));
    if (found === undefined && position !== null && (all.at(-1)?.firstSeq ?? Infinity) < position.segment)
      throw new FleetError(
        `the log ${this.options.log} begins again with seq ${all[0]!.firstSeq}, and up to ${position.lastSeq} is ` +
          'shipped: go on with the old log, or give the new one a --site of its own',
      );
    if (found === undefined) return null;
    await this.close();
    const handle = await open(join(dirname(this.options.log), found.file));
    this.reading = { name: found.file, handle, inode: (await handle.stat()).ino, firstSeq: found.firstSeq };
    return this.reading;
  }

  /** `seq` of the first line of the segment after this one; null if that has none yet. */
  private async following(reading: Reading): Promise<number | null> {
    const all = await this.segments();
    return all.find(({ firstSeq }) => firstSeq > reading.firstSeq)?.firstSeq ?? null;
  }

  private async segments(): Promise<{ file: string; firstSeq: number }[]> {
    const { log } = this.options;
    for (let closed = await segmentsOf(log); ;) {
      const all: { file: string; firstSeq: number }[] = [];
      for (const file of [...closed, basename(log)]) {
        const firstSeq = this.sizes.get(file)?.firstSeq ?? (await firstSeqOf(join(dirname(log), file)));
        if (firstSeq !== null) all.push({ file, firstSeq });
      }
      // A segment that is closed meanwhile would be missing.
      const now = await segmentsOf(log);
      if (now.join('/') === closed.join('/')) return all;
      closed = now;
    }
  }

  private async read(reading: Reading, offset: number): Promise<Omit<OutboxBatch, 'lost'> | null> {
    const written = this.options.written();
    const end = written.inode === reading.inode ? written.octets : (await reading.handle.stat()).size;
    if (end <= offset) return null;
    const batch = await this.readLines(reading, offset, Math.min(MOST_BYTES, end - offset));
    return batch ?? this.readLines(reading, offset, Math.min(LONGEST_LINE, end - offset));
  }

  /** Null if there is no whole line within `length` bytes. */
  private async readLines(reading: Reading, offset: number, length: number): Promise<Omit<OutboxBatch, 'lost'> | null> {
    const piece = Buffer.allocUnsafe(length);
    const { bytesRead } = await reading.handle.read(piece, 0, length, offset);
    let lines = 0;
    let taken = 0;
    for (let at = piece.subarray(0, bytesRead).indexOf(LINE_BREAK); at >= 0 && at < bytesRead && lines < MOST_LINES;) {
      if (lines > 0 && at + 1 > MOST_BYTES) break;
      taken = at + 1;
      lines++;
      at = piece.indexOf(LINE_BREAK, taken);
    }
    if (lines === 0) return null;
    const bytes = piece.subarray(0, taken);
    const lastSeq = seqIn(bytes.toString('latin1', Math.max(0, taken - 1 - LINE_END), taken - 1)) ?? 0;
    return { bytes, lines, end: { segment: reading.firstSeq, offset: offset + taken, lastSeq } };
  }
}

function seqIn(line: string): number | null {
  const found = SEQ.exec(line)?.[1];
  return found === undefined ? null : Number(found);
}

/** `seq` of a file's first line; null if it has no whole line with one, or is not there. */
async function firstSeqOf(path: string): Promise<number | null> {
  let file: FileHandle;
  try {
    file = await open(path);
  } catch {
    return null;
  }
  try {
    const piece = Buffer.allocUnsafe(LONGEST_LINE);
    const { bytesRead } = await file.read(piece, 0, LONGEST_LINE, 0);
    const end = piece.subarray(0, bytesRead).indexOf(LINE_BREAK);
    return end < 0 ? null : seqIn(piece.toString('latin1', Math.max(0, end - LINE_END), end));
  } finally {
    await file.close();
  }
}
