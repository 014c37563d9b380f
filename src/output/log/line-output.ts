/**
 * A place for event lines: a file, or standard output. Lines are put together in `text` between two calls of `settle`. One piece is
 * on its way at a time; what comes meanwhile is gathered and goes out in one piece behind it, and the caller waits where that is a
 * lot: a slow reader slows the replay, and nothing piles up. Two buffers take turns.
 */
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { OctetText } from '../event/octet-text.ts';
import { OutputError } from './output-error.ts';

const STANDARD_OUTPUT = '-';
/** Octets that may be gathered while others are on their way. */
const GATHERED_LIMIT = 1 << 20;

export class LineOutput {
  /** The lines since the last `settle`; whoever makes some puts them here. */
  readonly text = new OctetText();
  private readonly name: string;
  private readonly stream: Writable;
  private readonly isStandard: boolean;
  /** The buffer whose turn is next; it is on its way itself while a piece is. */
  private spare: Uint8Array = new Uint8Array(0);
  /** Resolves when the piece that is on its way has arrived; null while there is none. */
  private underWay: Promise<void> | null = null;
  private failure: OutputError | undefined;

  /** `path` is a file's, or `-` for standard output. */
  constructor(path: string) {
    this.isStandard = path === STANDARD_OUTPUT;
    this.name = this.isStandard ? 'standard output' : path;
    this.stream = this.isStandard ? process.stdout : createWriteStream(path);
    this.stream.on('error', (error) => {
      this.failure ??= new OutputError(this.name, error);
    });
  }

  write(line: string): void {
    this.text.putText(line);
  }

  /** Hands what was gathered over, or waits where there is a lot of it. Throws OutputError where the output failed. */
  async settle(): Promise<void> {
    this.check();
    if (this.underWay === null) this.handOver();
    while (this.underWay !== null && this.text.length >= GATHERED_LIMIT) await this.underWay;
    this.check();
  }

  private handOver(): void {
    if (this.text.length === 0) return;
    const { bytes } = this.text;
    const piece = this.text.take(this.spare.length > 0 ? this.spare : new Uint8Array(bytes.length));
    this.underWay = new Promise((resolve) => {
      this.stream.write(piece, (error) => {
        this.spare = bytes;
        this.underWay = null;
        // What the stream itself reports says more than that it is gone.
        if (!error) this.handOver();
        resolve();
      });
    });
  }

  /** Writes the rest and closes the file. Throws OutputError where the output failed. */
  async close(): Promise<void> {
    await this.settle();
    while (this.underWay !== null) await this.underWay;
    try {
      if (this.isStandard) await this.untilWritten();
      else await finished(this.stream.end());
    } catch (error) {
      // What the stream itself reports in this turn says more than that it is gone.
      await new Promise(setImmediate);
      this.failure ??= new OutputError(this.name, error as NodeJS.ErrnoException);
    }
    this.check();
  }

  /** Standard output stays open for others; an empty write comes back once all before it is out. */
  private untilWritten(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.stream.write('', (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }

  private check(): void {
    if (this.failure !== undefined) throw this.failure;
  }
}
