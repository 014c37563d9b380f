/**
 * Reads a file of labels as text: plain or gzip, by its first bytes. Logs of other tools can be large, so text comes in
 * pieces, and lines are cut from them one at a time.
 */
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import type { IssueList } from '../../core/issue.ts';

const GZIP = [0x1f, 0x8b] as const;
/** The longest line of a log or a table, in UTF-16 units. */
const LINE_LIMIT = 1 << 20;

/**
 * The text of a file in pieces, as UTF-8 without its byte order mark; wrong bytes become U+FFFD. Throws where the file
 * cannot be read or unpacked.
 */
export async function* textOf(path: string): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  for await (const bytes of bytesOf(path)) yield decoder.decode(bytes, { stream: true });
  yield decoder.decode();
}

async function* bytesOf(path: string): AsyncGenerator<Uint8Array, void> {
  const head: Uint8Array[] = [];
  for await (const bytes of createReadStream(path, { end: GZIP.length - 1 })) head.push(bytes as Uint8Array);
  const start = Buffer.concat(head);
  const file = createReadStream(path);
  if (!GZIP.every((byte, i) => start[i] === byte)) {
    yield* file as AsyncIterable<Uint8Array>;
    return;
  }
  const unpacked = createGunzip();
  file.on('error', (error) => unpacked.destroy(error));
  yield* file.pipe(unpacked) as AsyncIterable<Uint8Array>;
}

export interface LineReader {
  /** `isWhole` is false for a last line without its line feed. */
  line(text: string, number: number, isWhole: boolean): void;
}

/**
 * Cuts pieces of text into lines that end with LF or CRLF. Empty lines are left out; lines over the limit are issues.
 */
export class LineCutter {
  private readonly reader: LineReader;
  private readonly issues: IssueList;
  private rest = '';
  private number = 0;
  private isSkipping = false;

  constructor(reader: LineReader, issues: IssueList) {
    this.reader = reader;
    this.issues = issues;
  }

  add(piece: string): void {
    let start = 0;
    for (let feed = piece.indexOf('\n'); feed >= 0; feed = piece.indexOf('\n', start)) {
      this.rest += piece.slice(start, feed);
      this.take(true);
      start = feed + 1;
    }
    this.rest += piece.slice(start);
    if (this.rest.length <= LINE_LIMIT) return;
    if (!this.isSkipping) this.refuse(this.number + 1);
    this.isSkipping = true;
    this.rest = '';
  }

  end(): void {
    if (this.rest !== '' || this.isSkipping) this.take(false);
  }

  private take(isWhole: boolean): void {
    const line = this.rest.endsWith('\r') ? this.rest.slice(0, -1) : this.rest;
    this.rest = '';
    this.number++;
    if (this.isSkipping) this.isSkipping = false;
    else if (line.length > LINE_LIMIT) this.refuse(this.number);
    else if (line !== '') this.reader.line(line, this.number, isWhole);
  }

  private refuse(number: number): void {
    this.issues.error(number, LINE_LIMIT + 1, `this line is longer than ${LINE_LIMIT} characters`);
  }
}
