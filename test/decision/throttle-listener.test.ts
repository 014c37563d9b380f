/** What a listener receives from the buckets of throttles. */
import { describe, expect, it } from 'vitest';
import type { BitsPerSecond, Bytes } from '../../src/core/units.ts';
import { DecisionBuckets } from '../../src/decision/decision-buckets.ts';
import { DecisionTable } from '../../src/decision/decision-table.ts';
import type { ThrottleListener } from '../../src/decision/throttle-listener.ts';
import { TokenBuckets } from '../../src/decision/token-bucket.ts';
import { BucketScope, type Throttle } from '../../src/policy/action.ts';

function throttle(per: BucketScope): Throttle {
  return { rate: 8e6 as BitsPerSecond, burst: 1000 as Bytes, per };
}

class Received implements ThrottleListener {
  readonly calls: unknown[][] = [];
  made(...call: unknown[]): void {
    this.calls.push(['made', ...call]);
  }
  packet(...call: unknown[]): void {
    this.calls.push(['packet', ...call]);
  }
  forgotten(...call: unknown[]): void {
    this.calls.push(['forgotten', ...call]);
  }
  forgottenAll(): void {
    this.calls.push(['forgotten all']);
  }
}

describe('a listener of throttles', () => {
  it('receives a bucket when it is made, not when it is held again, and when it is forgotten', () => {
    const received = new Received();
    const buckets = new TokenBuckets(received);
    const own = throttle(BucketScope.REGISTRATION);
    const bucket = buckets.hold('a', own, 0);
    buckets.hold('a', own, 1);
    buckets.release(bucket);
    buckets.release(bucket);
    expect(received.calls).toEqual([
      ['made', bucket, own, BucketScope.REGISTRATION, 'a'],
      ['forgotten', bucket],
    ]);
  });

  it('receives the bucket of a client as forgotten once it is full and another is made', () => {
    const received = new Received();
    const buckets = new TokenBuckets(received);
    const own = throttle(BucketScope.CLIENT);
    const bucket = buckets.hold('a', own, 0);
    buckets.take(bucket, 1000, 0);
    buckets.release(bucket);
    buckets.hold('b', own, 500);
    expect(received.calls.map(([name]) => name)).toEqual(['made', 'made']);
    buckets.hold('c', own, 1000);
    expect(received.calls.slice(2)).toEqual([
      ['forgotten', bucket],
      ['made', bucket, own, BucketScope.CLIENT, 'c'],
    ]);
  });

  it('receives that all buckets are forgotten with the policy that they were made by', () => {
    const received = new Received();
    new DecisionBuckets(new DecisionTable(4), received).forget();
    expect(received.calls).toEqual([['forgotten all']]);
  });
});
