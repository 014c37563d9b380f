/**
 * Octets in order, pulled: a file, a pipe, or the output of a decompressor. Whatever lies below, an input never
 * rejects: it ends, and says how. Callers have one `read` under way at a time.
 */
import { NO_FAULT } from '../capture-end.ts';
import type { CaptureEnd } from '../packet-source.ts';
import { CaptureFault } from '../packet-source.ts';

export interface ByteInput {
  /**
   * Puts at least 1 and at most `length` octets into `target` from offset `at`, and resolves to their number.
   * 0: the input has ended, `end` says how. Never rejects; writes nowhere else.
   */
  read(target: Uint8Array, at: number, length: number): Promise<number>;
  /** As `read`, at once. Only where no octet has to come from another program: a regular file is there, if not in memory. */
  readonly readNow?: (target: Uint8Array, at: number, length: number) => number;
  /** Valid after a read gave 0. */
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

/** Counts the bytes that are taken from an input: how far a decompressor is in what it unpacks. */
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

/** The octets already taken from an input to look at them, put back in front of the rest of it. */
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

  /** 0 once the prefix is used up. */
  private takePrefix(target: Uint8Array, at: number, length: number): number {
    const count = Math.min(length, this.prefix.length);
    if (count === 0) return 0;
    target.set(this.prefix.subarray(0, count), at);
    this.prefix = this.prefix.subarray(count);
    return count;
  }
}
