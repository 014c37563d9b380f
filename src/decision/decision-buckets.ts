/**
 * The token buckets that throttles hold: one for a flow, a client, a registration or a rule. Rows of decisions hold
 * them by number.
 */
import { TokenBuckets } from './token-bucket.ts';
import { BucketScope } from '../policy/action.ts';
import { NO_RULE } from '../policy/decide.ts';
import { NO_REGISTRATION } from '../registry/registration.ts';
import type { Rules } from './rules.ts';
import { NO_BUCKET, DECISION_WORDS, type DecisionTable, DecisionWord } from './decision-table.ts';

export class DecisionBuckets {
  private buckets = new TokenBuckets();
  private readonly decisionTable: DecisionTable;

  constructor(decisionTable: DecisionTable) {
    this.decisionTable = decisionTable;
  }

  /** Forgets every bucket: keys of buckets name rules by number, and a bucket keeps the rate that it was made with. */
  forget(): void {
    this.buckets = new TokenBuckets();
    this.decisionTable.forgetBuckets();
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
      throttle === null
        ? NO_BUCKET
        : this.buckets.hold(this.keyOf(number, throttle.per, rulesGeneration, client), throttle, timeUs);
    if (held !== NO_BUCKET) this.buckets.release(held);
  }

  /** Delay of a packet, microseconds; NO_ROOM (decision/token-bucket) where it is dropped. */
  take(row: number, wireLength: number, timeUs: number): number {
    return this.buckets.take(this.decisionTable.words[row + DecisionWord.BUCKET]!, wireLength, timeUs);
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
  private keyOf(number: number, per: BucketScope, rulesGeneration: number, client: Int32Array): string {
    const { words } = this.decisionTable;
    const row = number * DECISION_WORDS;
    const rule = words[row + DecisionWord.RULE]!;
    switch (per) {
      case BucketScope.FLOW:
        return `${rule} flow ${number}`;
      case BucketScope.CLIENT:
        return `${rule} client ${client.join()}`;
      case BucketScope.REGISTRATION: {
        const source = words[row + DecisionWord.SOURCE_REGISTRATION]!;
        const registration = source === NO_REGISTRATION ? words[row + DecisionWord.DESTINATION_REGISTRATION]! : source;
        return registration === NO_REGISTRATION
          ? `${rule} flow ${number}`
          : `${rule} registration ${rulesGeneration} ${registration}`;
      }
      case BucketScope.RULE:
        return `${rule}`;
    }
  }
}
