/**
 * A policy: ordered rules, the first matching one of which decides, and the safety limits. It is immutable.
 */
import type { Action, Throttle } from './action.ts';
import type { Condition } from './condition.ts';
import type { GuardLimits } from './guard-limits.ts';
import type { Safety } from './limits.ts';
import type { Mode } from './mode.ts';
import type { RuleShape } from './policy-schema.ts';
import type { RegisteredReach } from './registered-reach.ts';
import type { Schedule } from './schedule.ts';

/** The largest size of a policy file, bytes: people write policies, so a larger file is a mistake. */
export const MAX_POLICY_BYTES = 1 << 20;

export interface Rule {
  readonly name: string;
  readonly conditions: readonly Condition[];
  /** The rule has a condition on which ends are registered. */
  readonly testsRegistration: boolean;
  readonly action: Action;
  /** The token bucket of a throttle; null for other actions. */
  readonly throttle: Throttle | null;
  /** Fraction of clients, 0 to 1, that the rule applies to. */
  readonly rollout: number;
  readonly rolloutSeed: number;
  /**
   * The rule throttles or blocks registered users on purpose (`hits_registered: true`): such hits do not count as harm.
   */
  readonly hitsRegistered: boolean;
  /** The rule as its file has it. */
  readonly shape: RuleShape;
}

/** The times, packet counts and byte counts at which a decision may change without a new finding. */
export interface Boundaries {
  /** Times at which a `from` begins to hold or an `until` ceases to, ascending. */
  readonly instants: readonly number[];
  readonly schedules: readonly Schedule[];
  /** Values of `min_packets` and `min_bytes`, ascending. */
  readonly packets: readonly number[];
  readonly bytes: readonly number[];
}

export interface Policy {
  readonly name: string;
  readonly mode: Mode;
  readonly rules: readonly Rule[];
  readonly safety: Safety;
  /** Limits on changes of the rules. */
  readonly guard: GuardLimits;
  readonly boundaries: Boundaries;
  /** For each rule that throttles or blocks: whether it can hit a registered user. */
  readonly reaches: readonly RegisteredReach[];
  /** SHA-256 of the file's bytes, hex. */
  readonly sha256: string;
}

/** A time after `timeUs` before which no decision changes by time alone; Infinity where none ever does. */
export function nextBoundary(boundaries: Boundaries, timeUs: number): number {
  let next = Infinity;
  for (const instant of boundaries.instants) {
    if (instant > timeUs) {
      next = instant;
      break;
    }
  }
  for (const schedule of boundaries.schedules) next = Math.min(next, schedule.nextBoundary(timeUs));
  return next;
}
