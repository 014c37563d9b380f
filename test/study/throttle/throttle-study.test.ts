/** Which buckets the study counts, and when: clients that come back, flows, and more buckets than it keeps. */
import { describe, expect, it } from 'vitest';
import type { BitsPerSecond, Bytes } from '../../../src/core/units.ts';
import { Outcome } from '../../../src/dataplane/host/outcome.ts';
import { TokenBuckets } from '../../../src/decision/token-bucket.ts';
import { BucketScope, type Throttle } from '../../../src/policy/action.ts';
import { throttleFigures } from '../../../src/study/throttle/throttle-figures.ts';
import { ThrottleStudy } from '../../../src/study/throttle/throttle-study.ts';

/** One byte in a microsecond. */
function throttle(per: BucketScope, burst = 1000): Throttle {
  return { rate: 8e6 as BitsPerSecond, burst: burst as Bytes, per };
}

class Studied {
  readonly study: ThrottleStudy;
  readonly buckets: TokenBuckets;
  private readonly throttle: Throttle;

  constructor(own: Throttle, idleLimit?: number) {
    this.throttle = own;
    this.study = new ThrottleStudy(
      [
        { name: 'allowed', throttle: null },
        { name: 'slow', throttle: own },
      ],
      idleLimit,
    );
    this.buckets = new TokenBuckets(this.study);
  }

  /** A flow that holds a bucket for one packet. */
  flow(key: string, timeUs: number, bytes = 100, scope = this.throttle.per): void {
    const bucket = this.buckets.hold(key, this.throttle, timeUs, scope);
    this.packet(bucket, timeUs, bytes);
    this.buckets.release(bucket);
    this.study.checkInvariants();
  }

  packet(bucket: number, timeUs: number, bytes: number): void {
    const delay = this.buckets.take(bucket, bytes, timeUs);
    const outcome = delay < 0 ? Outcome.DROPPED : delay > 0 ? Outcome.DELAYED : Outcome.FORWARDED;
    this.study.packet(bucket, bytes, timeUs, outcome, Math.max(0, delay));
  }

  figures() {
    this.study.forgottenAll();
    this.study.checkInvariants();
    return throttleFigures(this.study.totals[0]!);
  }
}

describe('the study of throttles', () => {
  it('has the rules that throttle, and refuses a throttle of another policy', () => {
    const studied = new Studied(throttle(BucketScope.CLIENT));
    expect(studied.study.totals.map(({ name }) => name)).toEqual(['slow']);
    expect(() => studied.buckets.hold('a', throttle(BucketScope.CLIENT), 0)).toThrow('another policy');
  });

  it('counts a client once that comes back after its bucket was forgotten', () => {
    const studied = new Studied(throttle(BucketScope.CLIENT));
    studied.flow('a', 0);
    // Each new bucket lets the full ones be forgotten.
    for (let i = 1; i <= 20; i++) studied.flow(`b${i}`, i * 10_000_000);
    expect(studied.buckets.count).toBeLessThan(20);
    studied.flow('a', 500_000_000);
    expect(studied.figures()).toMatchObject({ buckets: 21, countedEarly: 0, offered: { packets: 22, seconds: 500 } });
  });

  it('keeps the time of a client over its buckets: a pause is a second', () => {
    const studied = new Studied(throttle(BucketScope.CLIENT));
    studied.flow('a', 0);
    for (let i = 1; i <= 20; i++) studied.flow(`b${i}`, i * 10_000_000);
    studied.flow('a', 500_000_000);
    studied.flow('a', 500_300_000);
    expect(studied.figures().slowdown).toMatchObject({ takenSeconds: 1.3, neededSeconds: 1.3, max: 1 });
  });

  it('counts each flow, although the numbers in their keys are used again', () => {
    const studied = new Studied(throttle(BucketScope.FLOW));
    for (let i = 0; i < 5; i++) studied.flow('1 flow 7', i);
    expect(studied.figures()).toMatchObject({ buckets: 5, unregisteredFlows: 0 });
  });

  it('tells flows without a registration from registrations', () => {
    const studied = new Studied(throttle(BucketScope.REGISTRATION));
    studied.flow('1 registration 1 4', 0);
    studied.flow('1 registration 1 4', 1);
    studied.flow('1 flow 7', 2, 100, BucketScope.FLOW);
    studied.flow('1 flow 7', 3, 100, BucketScope.FLOW);
    expect(studied.figures()).toMatchObject({ buckets: 3, unregisteredFlows: 2 });
  });

  it('counts the bucket that was idle longest early where it keeps no more, and says how many', () => {
    const studied = new Studied(throttle(BucketScope.REGISTRATION), 2);
    for (const key of ['a', 'b', 'c', 'b', 'd', 'e', 'a']) studied.flow(key, 0);
    // After c, a is counted; after d, c; after e, b; after a came again, d.
    expect(studied.figures()).toMatchObject({ buckets: 6, countedEarly: 4, offered: { packets: 7, bytes: 700 } });
  });

  it('keeps no bucket of a million registrations beyond its limit', () => {
    const studied = new Studied(throttle(BucketScope.REGISTRATION));
    for (let i = 0; i < 1_000_000; i++) {
      const bucket = studied.buckets.hold(`${i}`, studied.study.totals[0]!.throttle, i);
      studied.packet(bucket, i, 100);
      studied.buckets.release(bucket);
    }
    expect(studied.figures()).toMatchObject({ buckets: 1_000_000, countedEarly: 1_000_000 - 65_536 });
  });

  it('counts no bucket to which no packet came', () => {
    const studied = new Studied(throttle(BucketScope.CLIENT));
    studied.buckets.hold('a', studied.study.totals[0]!.throttle, 0);
    expect(studied.figures()).toMatchObject({ buckets: 0, slowdown: { median: null, atOnce: 0 } });
  });

  it('gives a bucket whose packets all have one time no slowdown, but the time that it needs', () => {
    const studied = new Studied(throttle(BucketScope.CLIENT));
    for (let i = 0; i < 30; i++) studied.flow('a', 0);
    studied.flow('b', 0);
    const { slowdown, buckets } = studied.figures();
    expect([buckets, slowdown.atOnce, slowdown.max]).toEqual([2, 1, 1]);
    // 3000 bytes, of which the bucket has 1000, at a byte in a microsecond.
    expect(slowdown.addedSeconds).toMatchObject({ median: 0, max: 0.002 });
    expect(slowdown.histogram.reduce((sum, { buckets: some }) => sum + some, 0) + slowdown.atOnce).toBe(buckets);
  });

  it('gives one transfer faster than the rate the slowdown of its bytes without the burst', () => {
    const studied = new Studied(throttle(BucketScope.CLIENT));
    // 101 packets of 1000 bytes in 50 ms: 20 bytes in a microsecond.
    for (let i = 0; i <= 100; i++) studied.flow('a', i * 500, 1000);
    const { slowdown } = studied.figures();
    expect(slowdown.takenSeconds).toBeCloseTo(0.05, 12);
    expect(slowdown.neededSeconds).toBeCloseTo((101_000 - 1000) / 1e6, 12);
    expect(slowdown.max).toBeCloseTo(2, 9);
  });

  it('ends what was delivered at the last packet that leaves: one that is larger than two bursts never does', () => {
    const studied = new Studied(throttle(BucketScope.CLIENT));
    studied.flow('a', 0);
    studied.flow('a', 400_000, 2001);
    expect(studied.figures()).toMatchObject({
      offered: { seconds: 0.4 },
      delivered: { packets: 1, seconds: 0 },
      dropped: { packets: 1, bytes: 2001 },
    });
  });

  it('adds up captures, each with its own times and clients', () => {
    const studied = new Studied(throttle(BucketScope.CLIENT));
    for (const startUs of [5e9, 1e9]) {
      const buckets = new TokenBuckets(studied.study);
      const bucket = buckets.hold('a', studied.study.totals[0]!.throttle, startUs);
      for (const sinceUs of [0, 2e6]) {
        buckets.take(bucket, 100, startUs + sinceUs);
        studied.study.packet(bucket, 100, startUs + sinceUs, Outcome.FORWARDED, 0);
      }
      studied.study.forgottenAll();
    }
    expect(studied.figures()).toMatchObject({
      buckets: 2,
      offered: { packets: 4, seconds: 4, rateBps: 800 },
      delivered: { seconds: 4 },
    });
  });
});
