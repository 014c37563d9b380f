/**
 * The lines of a CSV file in UTF-8, one by one, so that a file of any size, a line of any length and bytes of any kind cost a bounded amount of text. What is no
 * clean text becomes an issue with its place: invalid UTF-8, control and other invisible characters, lines over the limit. Lines end with LF or CRLF; a byte
 * order mark is skipped; empty lines are not reported.
 */
import { isUtf8 } from 'node:buffer';
import type { IssueList } from '../../core/issue.ts';

/** Bytes of a line at most, without its end. A registration takes about 100. */
export const LINE_LIMIT = 4096;
/** UTF-8 bytes of one UTF-16 unit at most: a line of more bytes than this for each unit allowed is too long whatever it says. */
const BYTES_PER_UNIT = 3;

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;
/** Bytes at the head of a file that are looked at to tell a text from something else. */
const SNIFF_LENGTH = 4096;
/** Letters of ASCII that tell UTF-16: those of the header's first name. */
const WIDE_LETTERS = 6;

/** Control characters (C0, DEL, C1), the byte order mark, line separators, zero-width and direction marks: none can be seen in a list. */
const INVISIBLE = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;
const INVISIBLE_BUT_TAB = /(?!\t)[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;
const TAB = '\t';
const PAGE = /^[\s\xef\xbb\xbf]*<(!doctype html|html|head|body)\b/i;
const SAVE_AS_UTF8 = 'save it as UTF-8 (in a spreadsheet: "CSV UTF-8")';

export interface LineVisitor {
  /** Takes a line that is clean text and not empty. */
  visitText(line: string, lineNumber: number): void;
  /**
   * Takes the line that begins at `start` of the file by its bytes and returns where the next one begins; -1 where it would rather have the text.
   * Asked first for each line of a file that is UTF-8 throughout.
   */
  visitBytes(start: number, lineNumber: number): number;
}

/** Shows each line to `visitor`; a tab is text where it is the separator. False (and one issue) when the file is no text at all. */
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

/** What the file is, where its first bytes show that it is no UTF-8 text. */
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
    return 'this is a web page (HTML), not CSV: perhaps one to log in at, in place of the file';
  if (!head.includes(0)) return null;
  const order = wideOrder(head);
  if (order === null) return 'this file is binary (it has NUL bytes), not CSV';
  return `this file is UTF-16 without a byte order mark; ${SAVE_AS_UTF8}, or convert it: iconv -f ${order} -t UTF-8 OLD >NEW`;
}

/** The encoding of text of which every second byte is NUL: no text in UTF-8 has one. */
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

  /** Reads the line that begins at `start` as text. Where the next line begins. */
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

/** What a character that can't be seen is, and what to do. */
function invisibleFault(line: string, at: number): string {
  const code = line.charCodeAt(at).toString(16).toUpperCase().padStart(4, '0');
  const what = `a character that can't be seen (U+${code}) stands here`;
  switch (line[at]) {
    case '\r':
      return `${what}: lines end with CR alone, as on old systems; save the file with LF or CRLF`;
    case TAB:
      return `${what}: it is a tab; fields are separated by commas`;
    case '\ufeff':
      return `${what}: it is a byte order mark, which stands only at the head of a file; delete it`;
    case '\u200b':
    case '\u200e':
    case '\u200f':
      return `${what}: such marks come along when text is copied from a page; delete it`;
    default:
      return `${what}; delete it`;
  }
}

/** Column (from 1, UTF-16 units) and value of the first byte that breaks UTF-8: found by what decoding puts in its place. */
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
