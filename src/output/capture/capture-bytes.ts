/** A write buffer for a capture that goes to a file or to standard output. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { OutputError } from '../log/output-error.ts';

const STANDARD_OUTPUT = '-';
const STANDARD_OUTPUT_DESCRIPTOR = 1;
const BUFFER_LENGTH = 1 << 20;
/** Time until the next attempt to write to a pipe that is full. */
const RETRY_MS = 1;

const nothing = new Int32Array(new SharedArrayBuffer(4));

export class CaptureBytes {
  /** The path, or "standard output". */
  readonly name: string;
  readonly view: DataView;
  private readonly bytes = new Uint8Array(BUFFER_LENGTH);
  private readonly descriptor: number;
  private used = 0;

  /**
   * `path` is a file's path, or `-` for standard output. `mode` is `w`, or `wx` for a file that must not exist. Throws
   * OutputError.
   */
  constructor(path: string, mode: 'w' | 'wx') {
    this.name = path === STANDARD_OUTPUT ? 'standard output' : path;
    this.view = new DataView(this.bytes.buffer);
    try {
      this.descriptor = path === STANDARD_OUTPUT ? STANDARD_OUTPUT_DESCRIPTOR : openSync(path, mode);
    } catch (error) {
      throw new OutputError(this.name, error as NodeJS.ErrnoException);
    }
  }

  /** Reserves bytes in `view`, at most the buffer's size, and returns their offset. They have undefined content. */
  reserve(length: number): number {
    if (this.used + length > BUFFER_LENGTH) this.flush();
    const at = this.used;
    this.used += length;
    return at;
  }

  /** Copies bytes to a reserved offset. */
  copy(source: Uint8Array, at: number): void {
    this.bytes.set(source, at);
  }

  /** Writes the rest. Throws OutputError if the disk is full or the reader has closed the pipe. */
  close(): void {
    this.flush();
    if (this.descriptor !== STANDARD_OUTPUT_DESCRIPTOR) closeSync(this.descriptor);
  }

  private flush(): void {
    for (let at = 0; at < this.used;) at += this.writeSome(at);
    this.used = 0;
  }

  private writeSome(at: number): number {
    try {
      return writeSync(this.descriptor, this.bytes, at, this.used - at);
    } catch (error) {
      const failure = error as NodeJS.ErrnoException;
      if (failure.code !== 'EAGAIN') throw new OutputError(this.name, failure);
      Atomics.wait(nothing, 0, 0, RETRY_MS);
      return 0;
    }
  }
}
