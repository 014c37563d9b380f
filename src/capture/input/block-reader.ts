/**
 * An input as a sliding window over blocks, for parsers that walk `data` from `at` to `limit` with plain numbers.
 *
 *            headroom            payload
 *   block A  [        |..........................rrr]      r: a record that straddles the end
 *   block B  [     rrr|.............................]      is copied in front of the bytes that follow it
 *
 * A synchronous input needs only one block: its bytes are then in the caches of the core that parses them. Any other
 * input is read into one block while the parser works in another.
 *
 * Contract: bytes [at, limit) of `data` are input, in order; the rest of the block must not be read. A parser moves
 * `at` forward, never beyond `limit`. `fillNow` and `wait` may change `data`, `at` and `limit` and write to any block.
 * So they are called only while no row of a batch refers to a block. Or the BlockLender, whose blocks may still be in
 * use elsewhere, waits for each block before it is written. Memory: always the same blocks.
 */
import type { Block } from './block.ts';
import type { ByteInput } from './byte-input.ts';
import type { CaptureEnd } from '../packet-source.ts';

/**
 * Bytes requested from the input per read. Larger blocks exceed the core's own caches, smaller ones cost more calls.
 */
export const BLOCK_PAYLOAD_LENGTH = 1 << 18;
/** The longest record that can be made contiguous, and so the most bytes that are ever copied between blocks. */
export const LARGEST_RECORD_LENGTH = 1 << 20;

/**
 * Bytes that are read synchronously before the event loop gets a turn: the delay for signals, outputs and the daemon's
 * answers.
 */
const BYTES_PER_TURN = 1 << 22;

/** Lends its blocks to a reader. */
export interface BlockLender {
  /**
   * Blocks of equal length, used in turn: two or more, or one where the input `readsNow`. The length beyond
   * LARGEST_RECORD_LENGTH is the size of a read.
   */
  lend(readsNow: boolean): readonly Block[];
  /** Returns once the content of a block is no longer needed; blocks the thread until then. */
  waitFor(block: Block): void;
}

/** Result of a request for bytes that does not wait. */
export const Fill = { ENDED: 0, THERE: 1, NOT_YET: 2 } as const;
export type Fill = (typeof Fill)[keyof typeof Fill];

export class BlockReader {
  data: DataView;
  at = LARGEST_RECORD_LENGTH;
  limit = LARGEST_RECORD_LENGTH;
  private readonly input: ByteInput;
  private readonly readsNow: boolean;
  private readonly blocks: readonly Block[];
  private readonly lender: BlockLender;
  /** Index of the current block. */
  private index = 0;
  /** Input offset of byte 0 of `data`; negative while the headroom is before the input's start. */
  private origin = -LARGEST_RECORD_LENGTH;
  /** Bytes read synchronously since the event loop had a turn. */
  private turnLength = 0;
  private ahead: Promise<number> | undefined;
  private ended = false;
  private closed = false;

  constructor(input: ByteInput, lender: BlockLender) {
    this.input = input;
    this.readsNow = input.readNow !== undefined;
    this.lender = lender;
    this.blocks = lender.lend(this.readsNow);
    this.data = this.current.data;
  }

  private get current(): Block {
    return this.blocks[this.index]!;
  }

  /** The block that is filled after the current one; the same if there is only one. */
  private get next(): Block {
    return this.blocks[(this.index + 1) % this.blocks.length]!;
  }

  /** Free bytes of the current block after `limit`. */
  private get room(): number {
    return this.current.bytes.length - this.limit;
  }

  /** Input offset of the byte at `at`. */
  get offset(): number {
    return this.origin + this.at;
  }

  /** Bytes available without waiting. */
  get available(): number {
    return this.limit - this.at;
  }

  /** How the input ended; valid after `fillNow` returned ENDED. */
  get inputEnd(): CaptureEnd {
    return this.input.end;
  }

  /**
   * Reads until `need` bytes (at most LARGEST_RECORD_LENGTH) are available at `at`. ENDED if the input ends before.
   * NOT_YET if the bytes are not available yet or the event loop needs a turn: call `wait`, then try again.
   */
  fillNow(need: number): Fill {
    while (this.available < need) {
      if (this.ended) return Fill.ENDED;
      if (!this.readsNow || this.turnLength >= BYTES_PER_TURN) return Fill.NOT_YET;
      this.readNow();
    }
    if (!this.readsNow) this.readAhead();
    return Fill.THERE;
  }

  /** After NOT_YET: waits for more bytes, and gives the event loop a turn. */
  async wait(): Promise<void> {
    if (this.readsNow) {
      this.turnLength = 0;
      await new Promise(setImmediate);
    } else if (this.ahead === undefined && this.room > 0) {
      this.add(await this.input.read(this.current.bytes, this.limit, this.room));
    } else {
      this.readAhead();
      const count = await this.ahead!;
      this.ahead = undefined;
      if (this.closed) return;
      this.turn();
      this.add(count);
    }
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.ended = true;
    await this.input.close();
    await this.ahead;
  }

  /**
   * Reads more bytes after `limit`, so that a record in many short reads is copied only once; in a full block,
   * continues in the next block.
   */
  private readNow(): void {
    if (this.room === 0) {
      this.lender.waitFor(this.next);
      this.turn();
    }
    const count = this.input.readNow!(this.current.bytes, this.limit, this.room);
    this.turnLength += count;
    this.add(count);
  }

  /** Starts to read into the block that the parser has left. */
  private readAhead(): void {
    if (this.ended || this.ahead !== undefined) return;
    const { next } = this;
    this.lender.waitFor(next);
    this.ahead = this.input.read(next.bytes, LARGEST_RECORD_LENGTH, next.bytes.length - LARGEST_RECORD_LENGTH);
  }

  /** Copies the rest of the current block to the headroom of the next block and continues there. */
  private turn(): void {
    const { current, next } = this;
    const at = LARGEST_RECORD_LENGTH - this.available;
    next.bytes.set(current.bytes.subarray(this.at, this.limit), at);
    this.origin += this.at - at;
    this.index = (this.index + 1) % this.blocks.length;
    this.data = next.data;
    this.at = at;
    this.limit = LARGEST_RECORD_LENGTH;
  }

  /** Adds `count` bytes that were read at `limit`. */
  private add(count: number): void {
    this.limit += count;
    this.ended ||= count === 0;
  }
}
