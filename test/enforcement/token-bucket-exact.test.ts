/**
 * Token buckets against exact arithmetic: BigInt rationals, packet by packet, at rates that are no whole number of bytes
 * per microsecond. Where the exact answer lies within a hundredth of a byte of a limit, floating point may fall on either side.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BitsPerSecond, Bytes } from '../../src/core/units.ts';
import { NO_ROOM, TokenBuckets } from '../../src/decision/token-bucket.ts';
import { BucketScope } from '../../src/policy/action.ts';

/** Tokens are counted in bytes / 8,000,000, so that a microsecond earns `rate` of them whatever the rate. */
const PARTS = 8_000_000n;
const NEAR = PARTS / 100n;

class ExactBucket {
  tokens: bigint;
  private readonly rate: bigint;
  private readonly burst: bigint;
  private clock = 0n;

  constructor(rate: number, burst: number) {
    this.rate = BigInt(rate);
    this.burst = BigInt(burst) * PARTS;
    this.tokens = this.burst;
  }

  fill(timeUs: number): void {
    const time = BigInt(timeUs);
    if (time <= this.clock) return;
    const filled = this.tokens + (time - this.clock) * this.rate;
    this.tokens = filled < this.burst ? filled : this.burst;
    this.clock = time;
  }

  /** What would be left after a packet, and how far that is from the limit. */
  room(octets: number): { left: bigint; margin: bigint } {
    const left = this.tokens - BigInt(octets) * PARTS;
    return { left, margin: left + this.burst };
  }
}

const packets = fc.array(
  fc.record({ stepUs: fc.integer({ min: -500, max: 40_000 }), octets: fc.integer({ min: 0, max: 9000 }) }),
  { minLength: 1, maxLength: 300 },
);
const rates = fc.oneof(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 10_000, max: 2_000_000_000 }));
const bursts = fc.integer({ min: 1, max: 200_000 });

describe('a token bucket', () => {
  it('answers what exact arithmetic does', () => {
    fc.assert(
      fc.property(rates, bursts, packets, (rate, burst, sequence) => {
        const buckets = new TokenBuckets();
        const throttle = { rate: rate as BitsPerSecond, burst: burst as Bytes, per: BucketScope.FLOW };
        const bucket = buckets.hold('flow 1', throttle, 0);
        const exact = new ExactBucket(rate, burst);
        let timeUs = 0;
        for (const { stepUs, octets } of sequence) {
          timeUs = Math.max(0, timeUs + stepUs);
          exact.fill(timeUs);
          const { left, margin } = exact.room(octets);
          const delay = buckets.take(bucket, octets, timeUs);
          if (margin < NEAR && margin > -NEAR) {
            if (delay !== NO_ROOM) exact.tokens = left;
            continue;
          }
          expect(delay === NO_ROOM).toBe(margin < 0n);
          if (delay === NO_ROOM) continue;
          exact.tokens = left;
          const exactDelay = left >= 0n ? 0 : Number(-left) / rate;
          expect(Math.abs(delay - exactDelay)).toBeLessThanOrEqual(1 + exactDelay * 1e-6);
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    [256_000, 32_000],
    [1_000_000_000, 1600],
    [9600, 5000],
  ])('of %i bit/s and %i bytes forwards no more than its rate, its burst and its queue', (rate, burst) => {
    const buckets = new TokenBuckets();
    const bucket = buckets.hold('x', { rate: rate as BitsPerSecond, burst: burst as Bytes, per: BucketScope.RULE }, 0);
    const durationUs = 20_000_000;
    const earned = (rate / 8) * (durationUs / 1e6);
    // Offered: three times the rate, in packets of 1000 bytes.
    const stepUs = 8e9 / (3 * rate);
    let passed = 0;
    for (let timeUs = 0; timeUs < durationUs; timeUs += stepUs) {
      if (buckets.take(bucket, 1000, timeUs) !== NO_ROOM) passed += 1000;
    }
    expect(passed).toBeLessThanOrEqual(earned + 2 * burst);
    expect(passed).toBeGreaterThanOrEqual(earned + 2 * burst - 2000);
  });
});
