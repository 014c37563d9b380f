/**
 * A place for event lines: a file, or standard output. Lines are put together in `text` and written in large pieces between
 * batches; the caller waits in `settle` while more than a little is under way, so a slow reader slows the replay and nothing piles
 * up. What has been written is used again for what comes next.
 */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { OctetText } from './octet-text.ts';
import { OutputError } from './output-error.ts';

const STANDARD_OUTPUT = '-';
/** Octets that may be under way to a file before the next batch waits. */
const UNDER_WAY_LIMIT = 4 << 20;
/** Pieces kept to be used again. */
const SPARE_LIMIT = 4;

export class LineOutput {
  /** The lines since the last `settle`; whoever makes some puts them here. */
  readonly text = new OctetText();
  private readonly name: string;
  private readonly stream: Writable;
  private readonly isStandard: boolean;
  private readonly spare: Uint8Array[] = [];
  private failure: OutputError | undefined;

  /** `path` is a file's, or `-` for standard output. */
  constructor(path: string) {
    this.isStandard = path === STANDARD_OUTPUT;
    this.name = this.isStandard ? 'standard output' : path;
    this.stream = this.isStandard ? process.stdout : createWriteStream(path, { highWaterMark: UNDER_WAY_LIMIT });
    this.stream.on('error', (error) => {
      this.failure ??= new OutputError(this.name, error);
    });
  }

  write(line: string): void {
    this.text.putText(line);
  }

  /** Hands what was gathered over and waits until there is room again. Throws OutputError where the output failed. */
  async settle(): Promise<void> {
    this.check();
    if (this.text.length === 0) return;
    const { bytes } = this.text;
    const piece = this.text.take(this.spare.pop() ?? new Uint8Array(bytes.length));
    const isRoomLeft = this.stream.write(piece, () => {
      if (this.spare.length < SPARE_LIMIT) this.spare.push(bytes);
    });
    if (!isRoomLeft) await this.untilDrained();
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
