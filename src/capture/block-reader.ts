/**
 * An input as a sliding window over two blocks or more, for parsers that walk `data` from `at` to `limit` with plain numbers.
 *
 *            headroom            payload
 *   block A  [        |..........................rrr]      r: a record that straddles the end
 *   block B  [     rrr|.............................]      is copied in front of the octets that follow it
 *
 * While a parser works in one block, the next octets are already being read into the other.
 *
 * Contract: octets [at, limit) of `data` are input, in order; everything else in the block is not to be read. A parser
 * moves `at` forward, never past `limit`. `fill` and `skip` may change `data`, `at` and `limit` and start to overwrite
 * the block seen longest ago, so they are called only when no row of a batch points into it; or its lender, who may still use
 * it elsewhere, is asked to wait with it. Memory: the same blocks, always.
 */
import type { Block } from './block.ts';
import { giveBlock, takeBlock } from './block.ts';
import type { ByteInput } from './byte-input.ts';
import type { CaptureEnd } from './packet-source.ts';

/** Octets asked of the input at a time. Larger blocks leave the caches, smaller ones cost more turns. */
const PAYLOAD_LENGTH = 1 << 20;
/** The longest record that can be made whole, so also the most that is ever carried. */
export const LARGEST_RECORD_LENGTH = 1 << 20;

/** Octets of a block with room for both. */
export const BLOCK_LENGTH = LARGEST_RECORD_LENGTH + PAYLOAD_LENGTH;

/** Lends the blocks of a reader. */
export interface BlockLender {
  /** At least two, of BLOCK_LENGTH octets each. */
  lend(): readonly Block[];
  /** Returns once a block may be written to: where that takes a while it holds the thread up. */
  waitFor(block: Block): void;
}

export class BlockReader {
  data: DataView;
  at = LARGEST_RECORD_LENGTH;
  limit = LARGEST_RECORD_LENGTH;
  private readonly input: ByteInput;
  private readonly payloadLength: number;
  private readonly blocks: readonly Block[];
  private readonly lender: BlockLender | null;
  /** Place of the block at hand, and behind it of the one that is read into. */
  private place = 0;
  /** Input offset of the octet at 0 of `data`; negative while the headroom is ahead of the input's start. */
  private origin = -LARGEST_RECORD_LENGTH;
  private ahead: Promise<number> | undefined;
  private ended = false;
  private closed = false;

  /** `payloadLength` is for tests that want records to straddle blocks at every offset. */
  constructor(input: ByteInput, payloadLength: number = PAYLOAD_LENGTH, lender: BlockLender | null = null) {
    this.input = input;
    this.payloadLength = payloadLength;
    this.lender = lender;
    const length = LARGEST_RECORD_LENGTH + payloadLength;
    this.blocks = lender === null ? [takeBlock(length), takeBlock(length)] : lender.lend();
    this.data = this.current.data;
  }

  private get current(): Block {
    return this.blocks[this.place]!;
  }

  private get next(): Block {
    return this.blocks[(this.place + 1) % this.blocks.length]!;
  }

  /** Offset in the input of the octet at `at`. */
  get offset(): number {
    return this.origin + this.at;
  }

  /** Octets there without waiting. */
  get available(): number {
    return this.limit - this.at;
  }

  /** How the input ended; valid after `fill` resolved to false or `skip` fell short. */
  get inputEnd(): CaptureEnd {
    return this.input.end;
  }

  /** Waits until `need` octets (at most LARGEST_RECORD_LENGTH) are there at `at`; false where the input ends before. */
  async fill(need: number): Promise<boolean> {
    while (this.available < need) {
      if (this.ended) return false;
      if (this.ahead === undefined && this.current.bytes.length > this.limit) await this.extend();
      else await this.turn();
    }
    this.readAhead();
    return true;
  }

  /** Passes over `count` octets, however many; resolves to how many there were. */
  async skip(count: number): Promise<number> {
    let left = count;
    for (;;) {
      const step = Math.min(left, this.available);
      this.at += step;
      left -= step;
      if (left === 0 || this.ended) return count - left;
      await this.turn();
    }
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.ended = true;
    await this.input.close();
    await this.ahead;
    if (this.lender === null) for (const block of this.blocks) giveBlock(block);
  }

  /** Starts to read into the block that the parser has left. */
  private readAhead(): void {
    if (this.ended || this.ahead !== undefined) return;
    const { next } = this;
    this.lender?.waitFor(next);
    this.ahead = this.input.read(next.bytes, LARGEST_RECORD_LENGTH, this.payloadLength);
  }

  /** Carries what is left of this block over to the next one, and goes on there. */
  private async turn(): Promise<void> {
    this.readAhead();
    const count = await this.ahead!;
    this.ahead = undefined;
    if (this.closed) return;
    const carried = this.limit - this.at;
    const at = LARGEST_RECORD_LENGTH - carried;
    const { current, next } = this;
    next.bytes.set(current.bytes.subarray(this.at, this.limit), at);
    this.origin += this.at - at;
    this.place = (this.place + 1) % this.blocks.length;
    this.data = next.data;
    this.at = at;
    this.limit = LARGEST_RECORD_LENGTH + count;
    this.ended = count === 0;
  }

  /** Reads on behind `limit` in this block: a record that comes in many short reads is carried only once. */
  private async extend(): Promise<void> {
    const length = this.current.bytes.length - this.limit;
    const count = await this.input.read(this.current.bytes, this.limit, length);
    this.limit += count;
    this.ended ||= count === 0;
  }
}
