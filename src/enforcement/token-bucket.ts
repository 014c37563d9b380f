/**
 * Token buckets over packet time, as columns: each fills at its rate up to its burst, and a packet takes as many octets as it
 * has on the wire. A bucket may be overdrawn by as much as it holds: that is a queue, whose packets leave late by the time
 * it takes to earn what they took; beyond it packets are dropped.
 *
 * Buckets are found by a text key when a decision is made and used by number after that, so a packet costs no look-up. A
 * bucket lives while decisions hold it.
 */
import type { Throttle } from '../policy/action.ts';

const MICROS_PER_SECOND = 1_000_000;
const BITS_PER_OCTET = 8;
const INITIAL_CAPACITY = 64;

/** Answer of `take` for a packet that finds no room. */
export const NO_ROOM = -1;

export class TokenBuckets {
  private octetsPerMicro = new Float64Array(INITIAL_CAPACITY);
  private burst = new Float64Array(INITIAL_CAPACITY);
  private tokens = new Float64Array(INITIAL_CAPACITY);
  private filledAt = new Float64Array(INITIAL_CAPACITY);
  private holders = new Int32Array(INITIAL_CAPACITY);
  private readonly keys: string[] = [];
  private readonly numbers = new Map<string, number>();
  private readonly free: number[] = [];

  /** Buckets held. */
  get count(): number {
    return this.numbers.size;
  }

  /** The bucket of a key, full at first; each `hold` wants a `release`. */
  hold(key: string, throttle: Throttle, timeUs: number): number {
    const known = this.numbers.get(key);
    if (known !== undefined) {
      this.holders[known]!++;
      return known;
    }
    const bucket = this.free.pop() ?? this.keys.length;
    if (bucket === this.burst.length) this.grow();
    this.keys[bucket] = key;
    this.numbers.set(key, bucket);
    this.octetsPerMicro[bucket] = throttle.rate / BITS_PER_OCTET / MICROS_PER_SECOND;
    this.burst[bucket] = throttle.burst;
    this.tokens[bucket] = throttle.burst;
    this.filledAt[bucket] = timeUs;
    this.holders[bucket] = 1;
    return bucket;
  }

  release(bucket: number): void {
    this.holders[bucket]!--;
    if (this.holders[bucket] !== 0) return;
    this.numbers.delete(this.keys[bucket]!);
    this.free.push(bucket);
  }

  /** Takes a packet's octets: 0 where it passes at once, else its delay in microseconds, or NO_ROOM. Time may step back. */
  take(bucket: number, octets: number, timeUs: number): number {
    const rate = this.octetsPerMicro[bucket]!;
    const elapsed = Math.max(0, timeUs - this.filledAt[bucket]!);
    const burst = this.burst[bucket]!;
    const filled = Math.min(burst, this.tokens[bucket]! + elapsed * rate);
    this.filledAt[bucket] = Math.max(timeUs, this.filledAt[bucket]!);
    const left = filled - octets;
    if (left < -burst) {
      this.tokens[bucket] = filled;
      return NO_ROOM;
    }
    this.tokens[bucket] = left;
    return left >= 0 ? 0 : -left / rate;
  }

  private grow(): void {
    const size = this.burst.length * 2;
    this.octetsPerMicro = widened(this.octetsPerMicro, size);
    this.burst = widened(this.burst, size);
    this.tokens = widened(this.tokens, size);
    this.filledAt = widened(this.filledAt, size);
    const holders = new Int32Array(size);
    holders.set(this.holders);
    this.holders = holders;
  }
}

function widened(column: Float64Array<ArrayBuffer>, size: number): Float64Array<ArrayBuffer> {
  const wide = new Float64Array(size);
  wide.set(column);
  return wide;
}
