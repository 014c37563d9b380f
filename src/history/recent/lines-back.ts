/**
 * Reads the lines of a file from the last to the first, in pieces. Memory is bounded: of a line that is longer than any
 * event nothing is kept.
 */
import type { FileHandle } from 'node:fs/promises';

const PIECE_LENGTH = 1 << 18;
/** The longest line that is read, bytes. */
export const LONGEST_LINE = 1 << 20;
const LINE_BREAK = 10;
const NOTHING = Buffer.alloc(0);

/** The lines of a piece, the last first, and its length in bytes. A line that cannot be read is null. */
export interface LinesOfPiece {
  readonly lines: readonly (string | null)[];
  readonly length: number;
}

/**
 * The lines before the offset `end`, a few at a time. What follows the last line break is an unfinished line, and null.
 * Empty lines are left out. Rejects where the file cannot be read, or is shorter by now.
 */
export async function* linesBack(file: FileHandle, end: number): AsyncGenerator<LinesOfPiece, void> {
  const joined = new LineJoiner();
  const buffer = Buffer.allocUnsafe(Math.min(end, PIECE_LENGTH));
  for (let at = end; at > 0;) {
    const piece = buffer.subarray(0, Math.min(PIECE_LENGTH, at));
    at -= piece.length;
    await readWhole(file, piece, at);
    const lines: (string | null)[] = [];
    let lineEnd = piece.length;
    while (lineEnd > 0) {
      const lineBreak = piece.lastIndexOf(LINE_BREAK, lineEnd - 1);
      if (lineBreak < 0) break;
      joined.finish(piece.subarray(lineBreak + 1, lineEnd), lines);
      lineEnd = lineBreak;
    }
    joined.add(piece.subarray(0, lineEnd));
    if (at === 0) joined.finish(NOTHING, lines);
    yield { lines, length: piece.length };
  }
}

/** Puts lines together that lie in several pieces, from their ends to their beginnings. */
class LineJoiner {
  /** Nothing has been finished: what comes first has no line break after it. */
  private isUnfinished = true;
  private rest: Buffer = NOTHING;
  private isTooLong = false;

  /** `part` lies before what was added last. */
  add(part: Buffer): void {
    if (part.length + this.rest.length > LONGEST_LINE) this.isTooLong = true;
    this.rest = this.isTooLong ? NOTHING : Buffer.concat([part, this.rest]);
  }

  /** `part` is the beginning of a line. */
  finish(part: Buffer, lines: (string | null)[]): void {
    this.add(part);
    const { rest, isTooLong, isUnfinished } = this;
    this.rest = NOTHING;
    this.isTooLong = false;
    this.isUnfinished = false;
    if (isTooLong || (isUnfinished && rest.length > 0)) lines.push(null);
    else if (rest.length > 0) lines.push(rest.toString());
  }
}

async function readWhole(file: FileHandle, piece: Buffer, at: number): Promise<void> {
  for (let length = 0; length < piece.length;) {
    const { bytesRead } = await file.read(piece, length, piece.length - length, at + length);
    if (bytesRead === 0) throw new Error('the log is shorter than it was');
    length += bytesRead;
  }
}
