/**
 * The token buckets that throttles hold: one for a flow, a client, a registration or a rule. Rows of decisions hold
 * them by number.
 */
import { TokenBuckets } from './token-bucket.ts';
import { BucketScope, type Throttle } from '../policy/action.ts';
import { NO_RULE } from '../policy/decide.ts';
import { NO_REGISTRATION } from '../registry/registration.ts';
import type { Rules } from './rules.ts';
import type { ThrottleListener } from './throttle-listener.ts';
import { NO_BUCKET, DECISION_WORDS, type DecisionTable, DecisionWord } from './decision-table.ts';
import type { Snapshot } from '../core/snapshot.ts';

export class DecisionBuckets {
  private buckets: TokenBuckets;
  private readonly decisionTable: DecisionTable;
  private readonly listener: ThrottleListener | null;

  constructor(decisionTable: DecisionTable, listener: ThrottleListener | null = null) {
    this.decisionTable = decisionTable;
    this.listener = listener;
    this.buckets = new TokenBuckets(listener);
  }

  /** Forgets every bucket: keys of buckets name rules by number, and a bucket keeps the rate that it was made with. */
  forget(): void {
    this.buckets = new TokenBuckets(this.listener);
    this.listener?.forgottenAll();
    this.decisionTable.forgetBuckets();
  }

  /** Copies its state, or puts a copy back. To be called between two batches. */
  snapshot(walk: Snapshot): void {
    walk.part('buckets');
    this.buckets.snapshot(walk);
  }

  /**
   * Takes the bucket of a throttle, or gives back the one of a throttle that no longer holds. Mode observe throttles no
   * flow.
   */
  hold(number: number, rules: Rules, rulesGeneration: number, client: Int32Array, timeUs: number): void {
    const { words } = this.decisionTable;
    const row = number * DECISION_WORDS;
    const held = words[row + DecisionWord.BUCKET]!;
    const rule = words[row + DecisionWord.RULE]!;
    const throttle = rule === NO_RULE || rules.mode === 'observe' ? null : rules.policy.rules[rule]!.throttle;
    words[row + DecisionWord.BUCKET] =
      throttle === null ? NO_BUCKET : this.bucketOf(number, throttle, rulesGeneration, client, timeUs);
    if (held !== NO_BUCKET) this.buckets.release(held);
  }

  /** Delay of a packet, microseconds; NO_ROOM (decision/token-bucket) where it is dropped. */
  take(row: number, wireLength: number, timeUs: number): number {
    return this.buckets.take(this.decisionTable.words[row + DecisionWord.BUCKET]!, wireLength, timeUs);
  }

  /** The bucket of a row; NO_BUCKET (decision/decision-table) where it holds none. */
  of(row: number): number {
    return this.decisionTable.words[row + DecisionWord.BUCKET]!;
  }

  /** Gives the bucket of a row back, where it holds one. */
  release(row: number): void {
    const bucket = this.decisionTable.words[row + DecisionWord.BUCKET]!;
    if (bucket !== NO_BUCKET) this.buckets.release(bucket);
  }

  /** Throws if an invariant is broken. `slots`: all flows of the flow table. */
  checkInvariants(slots: readonly number[]): void {
    const { decisionTable } = this;
    const held = slots
      .map((slot) => decisionTable.numberOf(slot))
      .filter((number) => number !== 0)
      .map((number) => decisionTable.words[number * DECISION_WORDS + DecisionWord.BUCKET]!)
      .filter((bucket) => bucket !== NO_BUCKET);
    this.buckets.checkInvariants(held);
  }

  /**
   * Flows with the same key share a bucket. With `per: registration`, an unregistered flow gets a bucket of its own.
   */
  private bucketOf(
    number: number,
    throttle: Throttle,
    rulesGeneration: number,
    client: Int32Array,
    timeUs: number,
  ): number {
    const { words } = this.decisionTable;
    const row = number * DECISION_WORDS;
    const rule = words[row + DecisionWord.RULE]!;
    const source = words[row + DecisionWord.SOURCE_REGISTRATION]!;
    const registration = source === NO_REGISTRATION ? words[row + DecisionWord.DESTINATION_REGISTRATION]! : source;
    const { per } = throttle;
    const scope = per === BucketScope.REGISTRATION && registration === NO_REGISTRATION ? BucketScope.FLOW : per;
    let key = `${rule}`;
    if (scope === BucketScope.FLOW) key = `${rule} flow ${number}`;
    else if (scope === BucketScope.CLIENT) key = clientKey(rule, client);
    else if (scope === BucketScope.REGISTRATION) key = `${rule} registration ${rulesGeneration} ${registration}`;
    return this.buckets.hold(key, throttle, timeUs, scope);
  }
}

/** Written out: `join` of typed arrays takes ten times as long. */
function clientKey(rule: number, client: Int32Array): string {
  return `${rule} client ${client[0]!},${client[1]!},${client[2]!},${client[3]!}`;
}
