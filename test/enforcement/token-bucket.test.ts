import { describe, expect, it } from 'vitest';
import type { BitsPerSecond, Bytes } from '../../src/core/units.ts';
import { NO_ROOM, TokenBuckets } from '../../src/decision/token-bucket.ts';
import { BucketScope, type Throttle } from '../../src/policy/action.ts';
import { SeededRandom } from '../kit/random.mjs';

/** 8 Mbit/s: one byte per microsecond. */
function throttle(burst: number, per: BucketScope = BucketScope.CLIENT, rate = 8e6): Throttle {
  return { rate: rate as BitsPerSecond, burst: burst as Bytes, per };
}

/** The slow twin: a queue of packets, each with its size and the time it leaves. */
class PlainBucket {
  private readonly burst: number;
  private tokens: number;
  private clock: number;

  constructor(burst: number, timeUs: number) {
    this.burst = burst;
    this.tokens = burst;
    this.clock = timeUs;
  }

  take(octets: number, timeUs: number): number {
    const now = Math.max(this.clock, timeUs);
    for (; this.clock < now; this.clock++) this.tokens = Math.min(this.burst, this.tokens + 1);
    if (this.tokens - octets < -this.burst) return NO_ROOM;
    this.tokens -= octets;
    return Math.max(0, -this.tokens);
  }
}

describe('a bucket', () => {
  it('lets a burst pass, delays what it can queue, and drops the rest', () => {
    const buckets = new TokenBuckets();
    const bucket = buckets.hold('a', throttle(1000), 0);
    expect(buckets.take(bucket, 600, 0)).toBe(0);
    expect(buckets.take(bucket, 400, 0)).toBe(0);
    expect(buckets.take(bucket, 600, 0)).toBe(600);
    expect(buckets.take(bucket, 400, 0)).toBe(1000);
    expect(buckets.take(bucket, 1, 0)).toBe(NO_ROOM);
    expect(buckets.take(bucket, 500, 500)).toBe(1000);
    expect(buckets.take(bucket, 1000, 3000)).toBe(0);
  });

  it.each([
    [8e6, 600],
    [4e6, 1200],
    [8e3, 600_000],
  ])('at %i bit/s delays 600 bytes that it lacks by %i us', (rate, delay) => {
    const buckets = new TokenBuckets();
    const bucket = buckets.hold('a', throttle(1000, BucketScope.CLIENT, rate), 0);
    expect(buckets.take(bucket, 1000, 0)).toBe(0);
    expect(buckets.take(bucket, 600, 0)).toBeCloseTo(delay, 6);
  });

  it('forwards at its rate in the long run', () => {
    const buckets = new TokenBuckets();
    const bucket = buckets.hold('a', throttle(3000, BucketScope.CLIENT, 256_000), 0);
    let passed = 0;
    for (let timeUs = 0; timeUs < 60e6; timeUs += 10_000) {
      if (buckets.take(bucket, 1000, timeUs) !== NO_ROOM) passed += 1000;
    }
    expect(passed).toBeGreaterThan(60 * 32_000);
    expect(passed).toBeLessThanOrEqual(60 * 32_000 + 6000);
  });

  it('gives nothing for time that steps back', () => {
    const buckets = new TokenBuckets();
    const bucket = buckets.hold('a', throttle(1000), 5000);
    expect(buckets.take(bucket, 1000, 5000)).toBe(0);
    expect(buckets.take(bucket, 100, 4000)).toBe(100);
    expect(buckets.take(bucket, 100, 5100)).toBe(100);
  });

  it('is what the slow twin is, packet by packet, in the order they came', () => {
    const random = new SeededRandom(3);
    const buckets = new TokenBuckets();
    const bucket = buckets.hold('a', throttle(2000), 0);
    const plain = new PlainBucket(2000, 0);
    let timeUs = 0;
    let leaves = 0;
    for (let i = 0; i < 20_000; i++) {
      timeUs += random.below(1200) - 100;
      const octets = 40 + random.below(1500);
      const delay = buckets.take(bucket, octets, timeUs);
      expect(delay).toBeCloseTo(plain.take(octets, timeUs), 6);
      if (delay > 0) {
        expect(timeUs + delay + 200).toBeGreaterThanOrEqual(leaves);
        leaves = timeUs + delay;
      }
    }
  });
});

describe('buckets', () => {
  it('are shared by key and forgotten with their last holder where they belong to a flow', () => {
    const buckets = new TokenBuckets();
    const first = buckets.hold('a', throttle(1000, BucketScope.FLOW), 0);
    expect(buckets.hold('a', throttle(1000, BucketScope.FLOW), 0)).toBe(first);
    expect(buckets.hold('b', throttle(1000, BucketScope.FLOW), 0)).not.toBe(first);
    buckets.take(first, 1000, 0);
    buckets.release(first);
    expect(buckets.count).toBe(2);
    buckets.release(first);
    expect(buckets.count).toBe(1);
    expect(buckets.take(buckets.hold('a', throttle(1000, BucketScope.FLOW), 0), 1000, 0)).toBe(0);
  });

  it('of a client keep what it owes between flows, and go when they are full', () => {
    const buckets = new TokenBuckets();
    const first = buckets.hold('client', throttle(1000), 0);
    buckets.take(first, 2000, 0);
    buckets.release(first);
    const again = buckets.hold('client', throttle(1000), 100);
    expect(buckets.take(again, 100, 100)).toBe(1000);
    buckets.release(again);
    buckets.hold('other', throttle(1000), 1000);
    expect(buckets.count).toBe(2);
    buckets.hold('another', throttle(1000), 2100);
    expect(buckets.count).toBe(2);
  });

  it.each([
    ['client', BucketScope.CLIENT, 2],
    ['rule', BucketScope.RULE, 2],
    ['flow', BucketScope.FLOW, 1],
  ] as const)('of a %s outlive their last holder or do not', (_, per, count) => {
    const buckets = new TokenBuckets();
    const first = buckets.hold('a', throttle(1000, per), 0);
    buckets.take(first, 1000, 0);
    buckets.release(first);
    buckets.hold('b', throttle(1000), 0);
    expect(buckets.count).toBe(count);
  });

  it('that are not full yet do not hide the full ones behind them', () => {
    const buckets = new TokenBuckets();
    const idle = (key: string, rate: number): void => {
      const bucket = buckets.hold(key, throttle(1000, BucketScope.CLIENT, rate), 0);
      buckets.take(bucket, 2000, 0);
      buckets.release(bucket);
    };
    for (let slow = 0; slow < 4; slow++) idle(`slow ${slow}`, 8);
    for (let fast = 0; fast < 4; fast++) idle(`fast ${fast}`, 8e6);
    for (let other = 0; other < 3; other++) buckets.hold(`other ${other}`, throttle(1000), 1e6);
    expect(buckets.count).toBe(4 + 3);
  });

  it('stay bounded', () => {
    const buckets = new TokenBuckets();
    for (let i = 0; i < 70_000; i++) {
      const bucket = buckets.hold(`client ${i}`, throttle(1000, BucketScope.CLIENT, 8), i);
      buckets.take(bucket, 1000, i);
      buckets.release(bucket);
    }
    expect(buckets.count).toBe(65_536);
    buckets.checkInvariants([]);
  });

  it('have as many holders as decisions hold them', () => {
    const buckets = new TokenBuckets();
    const held = ['a', 'a', 'b'].map((key) => buckets.hold(key, throttle(1000), 0));
    buckets.checkInvariants(held);
    expect(() => {
      buckets.checkInvariants(held.slice(1));
    }).toThrow('a bucket has as many holders as decisions hold it');
  });
});
