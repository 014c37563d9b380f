/**
 * Octets in order, pulled: a file, a pipe, or the output of a decompressor. Whatever lies below, an input never
 * rejects: it ends, and says how. Callers have one `read` under way at a time.
 */
import { NO_FAULT } from './capture-end.ts';
import type { CaptureEnd } from './packet-source.ts';
import { CaptureFault } from './packet-source.ts';

export interface ByteInput {
  /**
   * Puts at least 1 and at most `length` octets into `target` from offset `at`, and resolves to their number.
   * 0: the input has ended, `end` says how. Never rejects; writes nowhere else.
   */
  read(target: Uint8Array, at: number, length: number): Promise<number>;
  /** Valid after `read` resolved to 0. */
  readonly end: CaptureEnd;
  /** Gives back what the input holds, once a read under way is over. May be called more than once. */
  close(): Promise<void>;
}

/** An input that could not be opened: no octets, and the reason. */
export function unreadableInput(message: string): ByteInput {
  return {
    end: { fault: CaptureFault.UNREADABLE, message },
    read: () => Promise.resolve(0),
    close: () => Promise.resolve(),
  };
}

/** The octets already taken from an input to look at them, put back in front of the rest of it. */
export class PrefixedInput implements ByteInput {
  private prefix: Uint8Array;
  private readonly rest: ByteInput;

  constructor(prefix: Uint8Array, rest: ByteInput) {
    this.prefix = prefix;
    this.rest = rest;
  }

  get end(): CaptureEnd {
    return this.prefix.length > 0 ? NO_FAULT : this.rest.end;
  }

  read(target: Uint8Array, at: number, length: number): Promise<number> {
    if (this.prefix.length === 0) return this.rest.read(target, at, length);
    const count = Math.min(length, this.prefix.length);
    target.set(this.prefix.subarray(0, count), at);
    this.prefix = this.prefix.subarray(count);
    return Promise.resolve(count);
  }

  close(): Promise<void> {
    return this.rest.close();
  }
}
