/**
 * A place for event lines: a file, or standard output. Lines are gathered and written in large pieces between batches; the
 * caller waits in `settle`, so a slow reader slows the replay and nothing piles up.
 */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { OutputError } from './output-error.ts';

const STANDARD_OUTPUT = '-';

export class LineOutput {
  /** Lines written. */
  lineCount = 0;
  private readonly name: string;
  private readonly stream: Writable;
  private readonly isStandard: boolean;
  private gathered: string[] = [];
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
    this.lineCount++;
    this.gathered.push(line);
  }

  /** Hands what was gathered over and waits until there is room again. Throws OutputError where the output failed. */
  async settle(): Promise<void> {
    this.check();
    if (this.gathered.length === 0) return;
    const piece = this.gathered.join('');
    this.gathered = [];
    if (!this.stream.write(piece)) await this.untilDrained();
    this.check();
  }

  /** Writes the rest and closes the file. Throws OutputError where the output failed. */
  async close(): Promise<void> {
    await this.settle();
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

  private async untilDrained(): Promise<void> {
    try {
      await once(this.stream, 'drain');
    } catch {
      // The listener above has kept the failure.
    }
  }

  private check(): void {
    if (this.failure !== undefined) throw this.failure;
  }
}
