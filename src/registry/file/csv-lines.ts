/**
 * Splits a CSV file in UTF-8 into lines, one at a time, so that any file needs a bounded amount of memory for text.
 * Invalid UTF-8, control characters, other invisible characters and lines over the limit become issues. Lines end with
 * LF or CRLF. A byte order mark at the start and empty lines are skipped.
 */
import { isUtf8 } from 'node:buffer';
import type { IssueList } from '../../core/issue.ts';

/** The longest line, in UTF-16 units without its end. A registration takes about 100. */
export const LINE_LIMIT = 4096;
/** The most UTF-8 bytes of one UTF-16 unit. A line over LINE_LIMIT times this is too long without decoding it. */
const BYTES_PER_UNIT = 3;

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;
/** Bytes at the start of a file that are checked for other formats. */
const SNIFF_LENGTH = 4096;
/** UTF-16 is recognised by this many ASCII letters: those of `prefix`, the first name of the header. */
const WIDE_LETTERS = 6;

/** Control characters (C0, DEL, C1), the byte order mark, line separators, zero-width and direction marks. */
const INVISIBLE = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;
const INVISIBLE_BUT_TAB = /(?!\t)[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;
const TAB = '\t';
const PAGE = /^[\s\xef\xbb\xbf]*<(!doctype html|html|head|body)\b/i;
const SAVE_AS_UTF8 = 'save it as UTF-8 (in a spreadsheet: "CSV UTF-8")';

export interface LineVisitor {
  /** Visits a line that is valid text and not empty. */
  visitText(line: string, lineNumber: number): void;
  /**
   * Visits the line whose bytes begin at `start`, and returns the start of the next line; -1 to have `visitText` called
   * instead. Called first for each line of a file that is valid UTF-8.
   */
  visitBytes(start: number, lineNumber: number): number;
}

/** Visits all lines; a tab is valid where it is the separator. False, with one issue, where the file is not text. */
export function visitLines(bytes: Uint8Array, issues: IssueList, visitor: LineVisitor, separator = ','): boolean {
  const foreign = recogniseForeign(bytes);
  if (foreign !== null) {
    issues.error(0, 0, foreign);
    return false;
  }
  const reader = new LineReader(bytes, issues, visitor, separator === TAB ? INVISIBLE_BUT_TAB : INVISIBLE);
  reader.read(BYTE_ORDER_MARK.every((byte, i) => bytes[i] === byte) ? BYTE_ORDER_MARK.length : 0);
  return true;
}

/** The message for a file whose first bytes show another format than UTF-8 text; null for text. */
function recogniseForeign(bytes: Uint8Array): string | null {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return `this file is UTF-16; ${SAVE_AS_UTF8}, or convert it: iconv -f UTF-16 -t UTF-8 OLD >NEW`;
  }
  if (first === 0x50 && second === 0x4b) return 'this is a ZIP archive or a spreadsheet; export it as CSV in UTF-8';
  if (first === 0xd0 && second === 0xcf) return 'this is a spreadsheet (.xls); export it as CSV in UTF-8';
  if (first === 0x1f && second === 0x8b) return 'this file is gzip-compressed; unpack it first';
  const head = bytes.subarray(0, SNIFF_LENGTH);
  if (PAGE.test(Buffer.from(head).toString('latin1')))
    return 'this is a web page (HTML), not CSV: perhaps a login page instead of the file';
  if (!head.includes(0)) return null;
  const order = wideOrder(head);
  if (order === null) return 'this file is binary (it has NUL bytes), not CSV';
  const command = `iconv -f ${order} -t UTF-8 OLD >NEW`;
  return `this file is UTF-16 without a byte order mark; ${SAVE_AS_UTF8}, or convert it: ${command}`;
}

/** The encoding of text in which every second byte is NUL; null for anything else. */
function wideOrder(head: Uint8Array): 'UTF-16LE' | 'UTF-16BE' | null {
  const letters = head.subarray(0, 2 * WIDE_LETTERS);
  if (letters.length < 2 * WIDE_LETTERS) return null;
  if (letters.every((byte, i) => (byte === 0) === (i % 2 === 1))) return 'UTF-16LE';
  return letters.every((byte, i) => (byte === 0) === (i % 2 === 0)) ? 'UTF-16BE' : null;
}

class LineReader {
  private readonly bytes: Buffer;
  private readonly isClean: boolean;
  private readonly issues: IssueList;
  private readonly visitor: LineVisitor;
  private readonly invisible: RegExp;
  private lineNumber = 0;

  constructor(bytes: Uint8Array, issues: IssueList, visitor: LineVisitor, invisible: RegExp) {
    this.invisible = invisible;
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.isClean = isUtf8(bytes);
    this.issues = issues;
    this.visitor = visitor;
  }

  read(start: number): void {
    const { bytes, isClean, visitor } = this;
    let at = start;
    while (at < bytes.length) {
      this.lineNumber++;
      const next = isClean ? visitor.visitBytes(at, this.lineNumber) : -1;
      at = next < 0 ? this.readText(at) : next;
    }
  }

  /** Reads the line that begins at `start` as text. Returns the start of the next line. */
  private readText(start: number): number {
    const { bytes } = this;
    const lineFeed = bytes.indexOf(LINE_FEED, start);
    const lineEnd = lineFeed < 0 ? bytes.length : lineFeed;
    const end = lineEnd > start && bytes[lineEnd - 1] === CARRIAGE_RETURN ? lineEnd - 1 : lineEnd;
    if (end - start > LINE_LIMIT * BYTES_PER_UNIT) this.refuseLong();
    else if (!this.isClean && !isUtf8(bytes.subarray(start, end))) this.refuseInvalid(bytes.subarray(start, end));
    else this.take(bytes.toString('utf8', start, end));
    return lineEnd + 1;
  }

  private take(line: string): void {
    if (line.length === 0) return;
    if (line.length > LINE_LIMIT) {
      this.refuseLong();
      return;
    }
    const invisible = line.search(this.invisible);
    if (invisible >= 0) {
      this.issues.error(this.lineNumber, invisible + 1, invisibleFault(line, invisible));
      return;
    }
    this.visitor.visitText(line, this.lineNumber);
  }

  private refuseLong(): void {
    this.issues.error(this.lineNumber, LINE_LIMIT + 1, `this line is longer than ${LINE_LIMIT} characters`);
  }

  private refuseInvalid(line: Uint8Array): void {
    const [column, byte] = firstInvalid(line.subarray(0, LINE_LIMIT));
    const hex = byte.toString(16).toUpperCase().padStart(2, '0');
    const message = `byte 0x${hex} is not UTF-8 here: the file has another encoding; ${SAVE_AS_UTF8}`;
    this.issues.error(this.lineNumber, column, message);
  }
}

/** The message for an invisible character: what it is, and what to do. */
function invisibleFault(line: string, at: number): string {
  const code = line.charCodeAt(at).toString(16).toUpperCase().padStart(4, '0');
  const what = `here is an invisible character (U+${code})`;
  switch (line[at]) {
    case '\r':
      return `${what}: lines end with CR alone, as on old systems; save the file with LF or CRLF`;
    case TAB:
      return `${what}: it is a tab; fields are separated by commas`;
    case '\ufeff':
      return `${what}: it is a byte order mark, which is only valid at the start of a file; delete it`;
    case '\u200b':
    case '\u200e':
    case '\u200f':
      return `${what}: such characters are copied along with text from a page; delete it`;
    default:
      return `${what}; delete it`;
  }
}

/**
 * Column (from 1, UTF-16 units) and value of the first invalid byte, found by comparing the bytes with those of the
 * decoded text.
 */
function firstInvalid(line: Uint8Array): readonly [column: number, byte: number] {
  const lenient = new TextDecoder('utf-8', { ignoreBOM: true });
  const encoder = new TextEncoder();
  const text = lenient.decode(line);
  let at = 0;
  for (let unit = 0; unit < text.length; unit++) {
    const character = String.fromCodePoint(text.codePointAt(unit)!);
    const bytes = encoder.encode(character);
    if (!bytes.every((byte, i) => line[at + i] === byte)) return [unit + 1, line[at]!];
    at += bytes.length;
    unit += character.length - 1;
  }
  return [text.length + 1, line[at] ?? 0];
}
