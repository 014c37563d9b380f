/**
 * Token buckets over packet time, as columns: each fills at its rate up to its burst, and a packet takes as many bytes
 * as it has on the wire. A bucket may be overdrawn by as much as it holds: that is a queue, whose packets leave late by
 * the time it takes to earn what they took; beyond it packets are dropped. Packets of one bucket leave in the order
 * they came.
 *
 * Buckets are found by a text key when a decision is made and used by number after that, so a packet costs no look-up.
 * A bucket of a client or a rule that no decision holds waits, with what it owes, for the next that wants its key: a
 * client does not get a new burst with every new flow. It is forgotten once it is full again, when it is no different
 * from a new one, or when IDLE_LIMIT others wait behind it. Other buckets (their keys may be numbers of flows, which
 * are used again) are forgotten with their last holder.
 *
 * Invariants: `numbers` has exactly the keys of buckets in use or idle; a bucket is in `free` when it is neither.
 */
import { IdleList } from './idle-list.ts';
import { BucketScope, type Throttle } from '../policy/action.ts';

const MICROS_PER_SECOND = 1_000_000;
const BITS_PER_BYTE = 8;
const INITIAL_CAPACITY = 64;
/** Buckets without a holder that are kept. */
const IDLE_LIMIT = 65_536;
/** Idle buckets that are looked at for each new bucket, so that they go at least as fast as they come. */
const REAPED_PER_HOLD = 4;

/** Answer of `take` for a packet that finds no room. */
export const NO_ROOM = -1;

export class TokenBuckets {
  private bytesPerMicro = new Float64Array(INITIAL_CAPACITY);
  private burst = new Float64Array(INITIAL_CAPACITY);
  private tokens = new Float64Array(INITIAL_CAPACITY);
  private filledAt = new Float64Array(INITIAL_CAPACITY);
  private holders = new Int32Array(INITIAL_CAPACITY);
  /** 1 where a bucket outlives its holders. */
  private lasting = new Uint8Array(INITIAL_CAPACITY);
  private readonly keys: string[] = [];
  private readonly numbers = new Map<string, number>();
  /** Buckets without a holder, the longest idle first. */
  private readonly idle = new IdleList();
  private readonly free: number[] = [];

  /** Buckets known: held, or idle. */
  get count(): number {
    return this.numbers.size;
  }

  /**
   * The bucket of a key, full at first; each `hold` wants a `release`. A key stands for one throttle: after a reload of
   * the policy, keys of the old one must not be used for the new.
   */
  hold(key: string, throttle: Throttle, timeUs: number): number {
    this.reap(timeUs);
    const known = this.numbers.get(key);
    if (known !== undefined) {
      this.idle.delete(known);
      this.holders[known]!++;
      return known;
    }
    const bucket = this.free.pop() ?? this.keys.length;
    if (bucket === this.burst.length) this.grow();
    this.keys[bucket] = key;
    this.numbers.set(key, bucket);
    this.bytesPerMicro[bucket] = throttle.rate / BITS_PER_BYTE / MICROS_PER_SECOND;
    this.burst[bucket] = throttle.burst;
    this.tokens[bucket] = throttle.burst;
    this.filledAt[bucket] = timeUs;
    this.holders[bucket] = 1;
    this.lasting[bucket] = throttle.per === BucketScope.CLIENT || throttle.per === BucketScope.RULE ? 1 : 0;
    return bucket;
  }

  /** Gives back what `hold` gave. */
  release(bucket: number): void {
    this.holders[bucket]!--;
    if (this.holders[bucket] !== 0) return;
    if (this.lasting[bucket] === 0) {
      this.forget(bucket);
      return;
    }
    this.idle.add(bucket);
    if (this.idle.size > IDLE_LIMIT) this.forget(this.idle.first);
  }

  /**
   * Takes a packet's bytes: 0 where it passes at once, else its delay in microseconds, or NO_ROOM. Time may step back.
   */
  take(bucket: number, bytes: number, timeUs: number): number {
    const filled = this.filledBy(bucket, timeUs);
    this.filledAt[bucket] = Math.max(timeUs, this.filledAt[bucket]!);
    const left = filled - bytes;
    if (left < -this.burst[bucket]!) {
      this.tokens[bucket] = filled;
      return NO_ROOM;
    }
    this.tokens[bucket] = left;
    return left >= 0 ? 0 : -left / this.bytesPerMicro[bucket]!;
  }

  /** Tokens of a bucket at a time, in bytes; a time before the last is taken for the last. */
  private filledBy(bucket: number, timeUs: number): number {
    const elapsed = Math.max(0, timeUs - this.filledAt[bucket]!);
    return Math.min(this.burst[bucket]!, this.tokens[bucket]! + elapsed * this.bytesPerMicro[bucket]!);
  }

  /** Forgets some of the buckets that have been idle longest, if they are full. */
  private reap(timeUs: number): void {
    for (let looked = Math.min(REAPED_PER_HOLD, this.idle.size); looked > 0; looked--) {
      const bucket = this.idle.first;
      if (this.filledBy(bucket, timeUs) >= this.burst[bucket]!) {
        this.forget(bucket);
      } else {
        // Not yet: to the back, so that it does not hide those behind it.
        this.idle.delete(bucket);
        this.idle.add(bucket);
      }
    }
  }

  private forget(bucket: number): void {
    this.idle.delete(bucket);
    this.numbers.delete(this.keys[bucket]!);
    this.free.push(bucket);
  }

  private grow(): void {
    const size = this.burst.length * 2;
    this.bytesPerMicro = widened(this.bytesPerMicro, size);
    this.burst = widened(this.burst, size);
    this.tokens = widened(this.tokens, size);
    this.filledAt = widened(this.filledAt, size);
    const holders = new Int32Array(size);
    holders.set(this.holders);
    this.holders = holders;
    const lasting = new Uint8Array(size);
    lasting.set(this.lasting);
    this.lasting = lasting;
  }
}

function widened(column: Float64Array<ArrayBuffer>, size: number): Float64Array<ArrayBuffer> {
  const wide = new Float64Array(size);
  wide.set(column);
  return wide;
}
