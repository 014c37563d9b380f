/**
 * An input as a sliding window over blocks, for parsers that walk `data` from `at` to `limit` with plain numbers.
 *
 *            headroom            payload
 *   block A  [        |..........................rrr]      r: a record that straddles the end
 *   block B  [     rrr|.............................]      is copied in front of the octets that follow it
 *
 * An input that can be read at once is: its octets then lie in the caches of the core that looks at them, so one block, always
 * the same, is enough. Any other is read into one block while the parser works in another.
 *
 * Contract: octets [at, limit) of `data` are input, in order; everything else in the block is not to be read. A parser
 * moves `at` forward, never past `limit`. `fillNow` and `wait` may change `data`, `at` and `limit` and write to any block, so they
 * are called only when no row of a batch points into one; or their lender, who may still use them elsewhere, is asked to wait with
 * each before it is written to. Memory: the same blocks, always.
 */
import type { Block } from './block.ts';
import { giveBlock, takeBlock } from './block.ts';
import type { ByteInput } from './byte-input.ts';
import type { CaptureEnd } from '../packet-source.ts';

/** Octets asked of the input at a time. Larger blocks leave the core's own caches, smaller ones cost more calls. */
const PAYLOAD_LENGTH = 1 << 18;
/** The longest record that can be made whole, so also the most that is ever carried. */
export const LARGEST_RECORD_LENGTH = 1 << 20;

/** Octets of a block with room for both. */
export const BLOCK_LENGTH = LARGEST_RECORD_LENGTH + PAYLOAD_LENGTH;

/** Octets that are read at once before the event loop has a turn: signals, outputs and the daemon's answers wait so long for it. */
const OCTETS_PER_TURN = 1 << 22;

/** Lends the blocks of a reader. */
export interface BlockLender {
  /** Two or more, as long as each other; what they are longer than LARGEST_RECORD_LENGTH is read at a time. They are used in turn. */
  lend(): readonly Block[];
  /** Returns once nobody needs what is in a block: where that takes a while it holds the thread up. */
  waitFor(block: Block): void;
}

/** What came of asking for octets without waiting. */
export const Fill = { ENDED: 0, THERE: 1, NOT_YET: 2 } as const;
export type Fill = (typeof Fill)[keyof typeof Fill];

export class BlockReader {
  data: DataView;
  at = LARGEST_RECORD_LENGTH;
  limit = LARGEST_RECORD_LENGTH;
  private readonly input: ByteInput;
  private readonly readsNow: boolean;
  private readonly blocks: readonly Block[];
  private readonly lender: BlockLender | null;
  /** Place of the block at hand. */
  private place = 0;
  /** Input offset of the octet at 0 of `data`; negative while the headroom is ahead of the input's start. */
  private origin = -LARGEST_RECORD_LENGTH;
  /** Octets read at once since the event loop had a turn. */
  private turnLength = 0;
  private ahead: Promise<number> | undefined;
  private ended = false;
  private closed = false;

  /** `payloadLength` is for tests that want records to straddle blocks at every offset. */
  constructor(input: ByteInput, payloadLength: number = PAYLOAD_LENGTH, lender: BlockLender | null = null) {
    this.input = input;
    this.readsNow = input.readNow !== undefined;
    this.lender = lender;
    const length = LARGEST_RECORD_LENGTH + payloadLength;
    const own = (): Block[] => Array.from({ length: this.readsNow ? 1 : 2 }, () => takeBlock(length));
    this.blocks = lender === null ? own() : lender.lend();
    this.data = this.current.data;
  }

  private get current(): Block {
    return this.blocks[this.place]!;
  }

  /** The block that is read into after the one at hand: with one block the same. */
  private get next(): Block {
    return this.blocks[(this.place + 1) % this.blocks.length]!;
  }

  /** Octets behind `limit` that the block at hand has room for. */
  private get room(): number {
    return this.current.bytes.length - this.limit;
  }

  /** Offset in the input of the octet at `at`. */
  get offset(): number {
    return this.origin + this.at;
  }

  /** Octets there without waiting. */
  get available(): number {
    return this.limit - this.at;
  }

  /** How the input ended; valid after `fillNow` gave ENDED. */
  get inputEnd(): CaptureEnd {
    return this.input.end;
  }

  /**
   * Takes octets in until `need` (at most LARGEST_RECORD_LENGTH) are there at `at`. ENDED where the input ends before; NOT_YET where
   * they have to be waited for, or the event loop has waited long enough: `wait`, then ask again.
   */
  fillNow(need: number): Fill {
    while (this.available < need) {
      if (this.ended) return Fill.ENDED;
      if (!this.readsNow || this.turnLength >= OCTETS_PER_TURN) return Fill.NOT_YET;
      this.readNow();
    }
    if (!this.readsNow) this.readAhead();
    return Fill.THERE;
  }

  /** After NOT_YET: waits until there is more, and the event loop has had a turn. */
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
    if (this.lender === null) for (const block of this.blocks) giveBlock(block);
  }

  /** Reads on behind `limit`, so that a record that comes in many short reads is carried only once; or else into the next block. */
  private readNow(): void {
    if (this.room === 0) {
      this.lender?.waitFor(this.next);
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
    this.lender?.waitFor(next);
    this.ahead = this.input.read(next.bytes, LARGEST_RECORD_LENGTH, next.bytes.length - LARGEST_RECORD_LENGTH);
  }

  /** Carries what is left of this block over to the next one's headroom, and goes on there. */
  private turn(): void {
    const { current, next } = this;
    const at = LARGEST_RECORD_LENGTH - this.available;
    next.bytes.set(current.bytes.subarray(this.at, this.limit), at);
    this.origin += this.at - at;
    this.place = (this.place + 1) % this.blocks.length;
    this.data = next.data;
    this.at = at;
    this.limit = LARGEST_RECORD_LENGTH;
  }

  /** `count` octets have come behind `limit`. */
  private add(count: number): void {
    this.limit += count;
    this.ended ||= count === 0;
  }
}
