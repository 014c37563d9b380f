/** The port through which a study sees what throttles do. Where it is missing, nothing is collected. */
import type { Outcome } from '../dataplane/host/outcome.ts';
import type { BucketScope, Throttle } from '../policy/action.ts';

export interface ThrottleListener {
  /**
   * A bucket was made. Its number may be that of a forgotten one. `throttle` is the object of its rule. `scope` is what
   * the bucket is for: a flow, where the throttle says registration and the flow has none. Buckets of a client,
   * registration or rule have the same key when they are made again; the key of a flow's bucket is used again for
   * another flow.
   */
  made(bucket: number, throttle: Throttle, scope: BucketScope, key: string): void;
  /** A packet came to a bucket. `delayUs` is 0 unless the outcome is DELAYED. Time may step back. */
  packet(bucket: number, wireLength: number, timeUs: number, outcome: Outcome, delayUs: number): void;
  forgotten(bucket: number): void;
  /** All buckets are forgotten: the capture is over, or another policy replaced the one that they were made by. */
  forgottenAll(): void;
}
