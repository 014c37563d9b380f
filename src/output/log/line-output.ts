/**
 * The event output of `replay`: a file, or standard output. Callers append lines to `text` and call `settle` between
 * batches. One buffer is written at a time while lines are gathered in another; two buffers alternate. If a lot is
 * gathered, the caller waits: a slow reader slows the replay, and memory stays bounded.
 */
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { ByteWriter } from '../event/byte-writer.ts';
import { OutputError } from './output-error.ts';

const STANDARD_OUTPUT = '-';
/** Bytes that may be gathered while a write is under way. */
const GATHERED_LIMIT = 1 << 20;

export class LineOutput {
  /** The lines since the last `settle`; callers append to it. */
  readonly text = new ByteWriter();
  private readonly name: string;
  private readonly stream: Writable;
  private readonly isStandard: boolean;
  /** The buffer to use next; during a write it is the one that is being written. */
  private spare: Uint8Array = new Uint8Array(0);
  /** Resolves when the write under way is done; null if there is none. */
  private underWay: Promise<void> | null = null;
  private failure: OutputError | undefined;

  /** `path` is a file's path, or `-` for standard output. */
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

  /** Starts a write of the gathered lines, or waits if there are many. Throws OutputError if the output failed. */
  async settle(): Promise<void> {
    this.check();
    if (this.underWay === null) this.handOver();
    while (this.underWay !== null && this.text.length >= GATHERED_LIMIT) await this.underWay;
    this.check();
  }

  private handOver(): void {
    if (this.text.length === 0) return;
    const { bytes } = this.text;
    const chunk = this.text.take(this.spare.length > 0 ? this.spare : new Uint8Array(bytes.length));
    this.underWay = new Promise((resolve) => {
      this.stream.write(chunk, (error) => {
        this.spare = bytes;
        this.underWay = null;
        // After a failed write the stream's own error event has the better message.
        if (!error) this.handOver();
        resolve();
      });
    });
  }

  /** Writes the rest and closes the file. Throws OutputError if the output failed. */
  async close(): Promise<void> {
    await this.settle();
    while (this.underWay !== null) await this.underWay;
    try {
      if (this.isStandard) await this.untilWritten();
      else await finished(this.stream.end());
    } catch (error) {
      // The stream's own error event, which comes in the same turn of the event loop, has the better message.
      await new Promise(setImmediate);
      this.failure ??= new OutputError(this.name, error as NodeJS.ErrnoException);
    }
    this.check();
  }

  /** Standard output stays open. The callback of an empty write comes after all earlier writes. */
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
