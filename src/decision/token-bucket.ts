/**
 * Token buckets over packet time, as columns. Each fills at its rate up to its burst, and a packet takes its bytes on
 * the wire. A bucket may be overdrawn by its burst: that is a queue, whose packets are delayed until the bucket has
 * refilled what they took. Beyond that packets are dropped. Packets of one bucket leave in their order.
 *
 * Buckets are found by a text key when a decision is made, and used by number after that, so a packet costs no lookup.
 * A bucket of a client or a rule without a holder stays idle, with its debt, until its key is wanted again: a client
 * does not get a new burst with every new flow. It is forgotten once it is full, because a new one is the same, or when
 * IDLE_LIMIT others are idle after it. Other buckets (their keys may be numbers of flows, which are used again) are
 * forgotten with their last holder.
 *
 * A listener, where there is one, receives which buckets are made and forgotten.
 *
 * Invariants: `numbers` has exactly the keys of buckets in use or idle; a bucket is in `free` when it is neither.
 */
import { invariant } from '../core/invariant.ts';
import { IdleList } from './idle-list.ts';
import { BucketScope, type Throttle } from '../policy/action.ts';
import type { ThrottleListener } from './throttle-listener.ts';
import type { Snapshot } from '../core/snapshot.ts';

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
  /** 1 if a bucket outlives its holders. */
  private lasting = new Uint8Array(INITIAL_CAPACITY);
  private readonly keys: string[] = [];
  private readonly numbers = new Map<string, number>();
  /** Buckets without a holder, the longest idle first. */
  private readonly idle = new IdleList();
  private readonly free: number[] = [];
  private readonly listener: ThrottleListener | null;

  constructor(listener: ThrottleListener | null = null) {
    this.listener = listener;
  }

  /** Buckets known: held, or idle. */
  get count(): number {
    return this.numbers.size;
  }

  /**
   * The bucket of a key, full at first; each `hold` wants a `release`. A key stands for one throttle: after a reload of
   * the policy, keys of the old one must not be used for the new. `scope`: what the bucket is for, if that is not what
   * the throttle says.
   */
  hold(key: string, throttle: Throttle, timeUs: number, scope: BucketScope = throttle.per): number {
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
    this.lasting[bucket] = scope === BucketScope.CLIENT || scope === BucketScope.RULE ? 1 : 0;
    this.listener?.made(bucket, throttle, scope, key);
    return bucket;
  }

  /** Copies its state, or puts a copy back into buckets without a listener. */
  snapshot(walk: Snapshot): void {
    const known = this.keys.length;
    this.bytesPerMicro = walk.column(this.bytesPerMicro, known);
    this.burst = walk.column(this.burst, known);
    this.tokens = walk.column(this.tokens, known);
    this.filledAt = walk.column(this.filledAt, known);
    this.holders = walk.column(this.holders, known);
    this.lasting = walk.column(this.lasting, known);
    this.idle.snapshot(walk);
    const keys = walk.data(this.keys);
    const free = walk.data(this.free);
    if (!walk.isRestoring) return;
    this.keys.splice(0, known, ...keys);
    this.free.splice(0, this.free.length, ...free);
    this.numbers.clear();
    const isFree = new Set(free);
    for (const [bucket, key] of keys.entries()) if (!isFree.has(bucket)) this.numbers.set(key, bucket);
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
   * Takes a packet's bytes. Returns 0 if it passes at once, else its delay in microseconds, or NO_ROOM. Time may step
   * back.
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
        // Not full yet: moved to the end, so that it does not hide full ones after it.
        this.idle.delete(bucket);
        this.idle.add(bucket);
      }
    }
  }

  /** Throws if an invariant is broken. `held`: the bucket of each decision that holds one. */
  checkInvariants(held: readonly number[]): void {
    this.idle.checkInvariants();
    invariant(new Set(this.free).size === this.free.length, 'a bucket is free once');
    invariant(this.numbers.size + this.free.length === this.keys.length, 'a bucket has a key in use, or is free');
    const holders = new Int32Array(this.keys.length);
    for (const bucket of held) holders[bucket]!++;
    let idleCount = 0;
    for (const [key, bucket] of this.numbers) {
      invariant(this.keys[bucket] === key, 'a key and its bucket name each other');
      invariant(this.holders[bucket] === holders[bucket], 'a bucket has as many holders as decisions hold it');
      invariant(this.tokens[bucket]! <= this.burst[bucket]!, 'a bucket holds at most its burst');
      invariant(this.tokens[bucket]! >= -this.burst[bucket]!, 'a bucket is overdrawn by at most its burst');
      if (holders[bucket] === 0) idleCount++;
    }
    invariant(idleCount === this.idle.size, 'a bucket without a holder is idle');
  }

  private forget(bucket: number): void {
    this.idle.delete(bucket);
    this.numbers.delete(this.keys[bucket]!);
    this.free.push(bucket);
    this.listener?.forgotten(bucket);
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
