/**
 * A byte stream that is pulled: a file, a pipe, or the output of a decompressor. An input never rejects: it ends, and
 * `end` reports how. Callers have at most one `read` under way.
 */
import { NO_FAULT } from '../capture-end.ts';
import type { CaptureEnd } from '../packet-source.ts';
import { CaptureFault } from '../packet-source.ts';

export interface ByteInput {
  /**
   * Writes 1 to `length` bytes to `target` at offset `at`, and resolves to their number. 0: the input has ended, see
   * `end`. Never rejects; never writes outside this range.
   */
  read(target: Uint8Array, at: number, length: number): Promise<number>;
  /** Like `read`, but synchronous. Only inputs that never wait for another program have it: regular files. */
  readonly readNow?: (target: Uint8Array, at: number, length: number) => number;
  /** Valid after a read returned 0. */
  readonly end: CaptureEnd;
  /** Releases the input's resources, after a read under way. May be called more than once. */
  close(): Promise<void>;
}

/** An input that could not be opened: no bytes, and the reason. */
export function unreadableInput(message: string): ByteInput {
  return {
    end: { fault: CaptureFault.UNREADABLE, message },
    read: () => Promise.resolve(0),
    close: () => Promise.resolve(),
  };
}

/** Counts the bytes read from an input: the progress of a decompressor in its compressed file. */
export class CountedInput implements ByteInput {
  count = 0;
  private readonly input: ByteInput;

  constructor(input: ByteInput) {
    this.input = input;
  }

  get end(): CaptureEnd {
    return this.input.end;
  }

  async read(target: Uint8Array, at: number, length: number): Promise<number> {
    const taken = await this.input.read(target, at, length);
    this.count += taken;
    return taken;
  }

  close(): Promise<void> {
    return this.input.close();
  }
}

/** An input with the bytes that were read to detect its format put back in front. */
export class PrefixedInput implements ByteInput {
  readonly readNow?: (target: Uint8Array, at: number, length: number) => number;
  private prefix: Uint8Array;
  private readonly rest: ByteInput;

  constructor(prefix: Uint8Array, rest: ByteInput) {
    this.prefix = prefix;
    this.rest = rest;
    if (rest.readNow === undefined) return;
    this.readNow = (target, at, length) => this.takePrefix(target, at, length) || rest.readNow!(target, at, length);
  }

  get end(): CaptureEnd {
    return this.prefix.length > 0 ? NO_FAULT : this.rest.end;
  }

  read(target: Uint8Array, at: number, length: number): Promise<number> {
    const count = this.takePrefix(target, at, length);
    return count > 0 ? Promise.resolve(count) : this.rest.read(target, at, length);
  }

  close(): Promise<void> {
    return this.rest.close();
  }

  /** Returns 0 once the prefix is used up. */
  private takePrefix(target: Uint8Array, at: number, length: number): number {
    const count = Math.min(length, this.prefix.length);
    if (count === 0) return 0;
    target.set(this.prefix.subarray(0, count), at);
    this.prefix = this.prefix.subarray(count);
    return count;
  }
}
