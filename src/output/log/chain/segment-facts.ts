/** Reads a segment of a log once, in pieces, and gives what its entry in the chain states. */
import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { SegmentFacts } from './chain-entry.ts';

/** One read and one update of the hash: well under a millisecond, because this runs beside the capture. */
const PIECE_LENGTH = 1 << 18;
const LINE_BREAK = 10;
const SMALLEST_BLOCK = 1 << 14;
const MOST_BLOCKS = 64;
const MARK_DIGITS = 16;
/** Longest end of a line that is kept to find its number. */
const LINE_END = 64;
const SEQ = /,"seq":(\d{1,15})\}$/;

/** A block of lines: the first 16 digits of its hash, and its first and last line, from 1 on. */
export interface Block {
  readonly mark: string;
  readonly firstLine: number;
  readonly lastLine: number;
}

/** The length of a block, in bytes, for a segment of so many. */
export function blockLength(bytes: number): number {
  return Math.max(SMALLEST_BLOCK, Math.ceil(bytes / MOST_BLOCKS));
}

/** Takes the bytes of a segment piece by piece. */
export class SegmentReader {
  readonly blocks: Block[] = [];
  bytes = 0;
  lines = 0;
  firstSeq: number | null = null;
  lastSeq: number | null = null;
  private readonly block: number;
  private readonly whole = createHash('sha256');
  private blockHash: Hash = createHash('sha256');
  private blockBytes = 0;
  private blockStart = 1;
  private lineEnd = '';
  private readonly onSeq: ((seq: number | null, line: number) => void) | null;

  constructor(block: number, onSeq: ((seq: number | null, line: number) => void) | null = null) {
    this.block = block;
    this.onSeq = onSeq;
  }

  take(piece: Buffer): void {
    this.whole.update(piece);
    this.bytes += piece.length;
    for (let at = 0; at < piece.length;) {
      const end = piece.indexOf(LINE_BREAK, at);
      const stop = end < 0 ? piece.length : end;
      const from = Math.max(at, stop - LINE_END);
      this.lineEnd = (this.lineEnd + piece.toString('latin1', from, stop)).slice(-LINE_END);
      const next = end < 0 ? piece.length : end + 1;
      this.inBlock(piece, at, next);
      if (end >= 0) this.endLine();
      at = next;
    }
    this.flushBlock(piece);
  }

  /** Ends the last block. A part of a line at the end counts as a line. */
  end(): string {
    if (this.lineEnd !== '') this.endLine();
    if (this.blockBytes > 0) this.endBlock();
    return this.whole.digest('hex');
  }

  /** Start and end of the bytes of the piece at hand that belong to the block and are not hashed yet. */
  private pendingStart = -1;
  private pendingEnd = 0;
  private pendingPiece: Buffer | null = null;

  private inBlock(piece: Buffer, from: number, to: number): void {
    if (this.pendingStart < 0) this.pendingStart = from;
    this.pendingEnd = to;
    this.pendingPiece = piece;
    this.blockBytes += to - from;
  }

  private flushBlock(piece: Buffer): void {
    if (this.pendingStart >= 0) this.blockHash.update(piece.subarray(this.pendingStart, this.pendingEnd));
    this.pendingStart = -1;
    this.pendingPiece = null;
  }

  private endLine(): void {
    this.lines++;
    const found = SEQ.exec(this.lineEnd.trimEnd())?.[1];
    const seq = found === undefined ? null : Number(found);
    if (this.lines === 1) this.firstSeq = seq;
    this.lastSeq = seq;
    this.onSeq?.(seq, this.lines);
    this.lineEnd = '';
    if (this.blockBytes < this.block) return;
    if (this.pendingPiece !== null) this.flushBlock(this.pendingPiece);
    this.endBlock();
  }

  private endBlock(): void {
    const mark = this.blockHash.digest('hex').slice(0, MARK_DIGITS);
    this.blocks.push({ mark, firstLine: this.blockStart, lastLine: this.lines });
    this.blockHash = createHash('sha256');
    this.blockBytes = 0;
    this.blockStart = this.lines + 1;
  }
}

/** What a reading of a whole segment found. */
export interface SegmentReading {
  readonly facts: SegmentFacts;
  readonly blocks: readonly Block[];
}

/**
 * Reads a segment. `block` is its block length where an entry has one; `onSeq` gets the number of each line. With
 * `isSynced` the file is on the disk when this returns. Rejects if the file cannot be read.
 */
export async function readSegment(
  path: string,
  options: {
    readonly block?: number;
    readonly isSynced?: boolean;
    readonly onSeq?: (seq: number | null, line: number) => void;
  } = {},
): Promise<SegmentReading> {
  // A pipe in the file's place must not block.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (options.isSynced === true) await file.sync();
    const block = options.block ?? blockLength((await file.stat()).size);
    const reader = new SegmentReader(block, options.onSeq ?? null);
    const piece = Buffer.allocUnsafe(PIECE_LENGTH);
    for (;;) {
      const { bytesRead } = await file.read(piece, 0, PIECE_LENGTH, null);
      if (bytesRead === 0) break;
      reader.take(piece.subarray(0, bytesRead));
    }
    const sha256 = reader.end();
    const { bytes, lines, firstSeq, lastSeq, blocks } = reader;
    const marks = blocks.map(({ mark }) => mark);
    const facts: SegmentFacts = {
      file: basename(path),
      bytes,
      lines,
      sha256,
      first_seq: firstSeq,
      last_seq: lastSeq,
      block,
      marks,
    };
    return { facts, blocks };
  } finally {
    await file.close();
  }
}
