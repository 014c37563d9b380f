/**
 * Finds texts of a column that contain a text, whatever their case, among a million in milliseconds. The texts are
 * normalized once, in steps, into one block of UTF-8 with a line break after each, which a native search then scans.
 */
import type { TextColumn } from './text-column.ts';

const FIRST_BYTES = 4096;
const END_OF_TEXT = 10;
/** Bytes that one call scans: about 1 ms. */
const SCANNED_BYTES = 1 << 21;
/** Texts that one step normalizes at most. */
const NORMALIZED_AT_ONCE = 1000;
/** The most UTF-8 bytes of one UTF-16 unit, and the line break. */
const BYTES_PER_UNIT = 3;

const encoder = new TextEncoder();

/** As texts are compared: without case, and with compatible characters as one. */
export function normalized(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

/** Where a search continues: the next byte. */
export interface TextScan {
  readonly needle: Buffer;
  /** Rows found so far, ascending. */
  readonly rows: number[];
  at: number;
  isOver: boolean;
}

export class TextSearch {
  private readonly source: TextColumn;
  private bytes = Buffer.alloc(FIRST_BYTES);
  private length = 0;
  /** Ends of the texts in the block, after their line breaks. */
  private readonly ends: Uint32Array;
  private count = 0;

  constructor(source: TextColumn) {
    this.source = source;
    this.ends = new Uint32Array(source.count);
  }

  get isReady(): boolean {
    return this.count === this.source.count;
  }

  get byteLength(): number {
    return this.bytes.byteLength + this.ends.byteLength;
  }

  /** Normalizes some more texts. True when all are. */
  prepare(): boolean {
    const until = Math.min(this.count + NORMALIZED_AT_ONCE, this.source.count);
    while (this.count < until) this.add(normalized(this.source.get(this.count)));
    return this.isReady;
  }

  /** Begins a search, once all texts are normalized. A text that is empty, or has a line break, is in none. */
  begin(text: string): TextScan {
    const needle = Buffer.from(normalized(text));
    const isVain = needle.length === 0 || needle.includes(END_OF_TEXT);
    return { needle, rows: [], at: 0, isOver: isVain };
  }

  /** Scans some more bytes, up to `most` rows in all. True when the search is over. */
  scan(scan: TextScan, most: number): boolean {
    const stop = Math.min(scan.at + SCANNED_BYTES, this.length);
    while (!scan.isOver) {
      // A needle may reach beyond the part that is scanned, and its text does not.
      const found = this.bytes
        .subarray(0, Math.min(stop + scan.needle.length - 1, this.length))
        .indexOf(scan.needle, scan.at);
      if (found === -1 || found >= stop) {
        scan.at = stop;
        break;
      }
      const row = this.rowAt(found);
      scan.rows.push(row);
      scan.at = this.ends[row]!;
      if (scan.rows.length >= most) scan.isOver = true;
      if (scan.at >= stop) break;
    }
    if (scan.at >= this.length) scan.isOver = true;
    return scan.isOver;
  }

  /** The text that a byte of the block belongs to. */
  private rowAt(at: number): number {
    let low = 0;
    let high = this.count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ends[middle]! > at) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  private add(text: string): void {
    const needed = this.length + text.length * BYTES_PER_UNIT + 1;
    if (needed > this.bytes.length) {
      const larger = Buffer.alloc(Math.max(needed, this.bytes.length * 2));
      this.bytes.copy(larger, 0, 0, this.length);
      this.bytes = larger;
    }
    const { written } = encoder.encodeInto(text.replaceAll('\n', ' '), this.bytes.subarray(this.length));
    this.length += written;
    this.bytes[this.length++] = END_OF_TEXT;
    this.ends[this.count++] = this.length;
  }
}
