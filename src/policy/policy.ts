/**
 * A policy, immutable once built: ordered rules, of which the first that matches decides, and the safety limits.
 */
import type { Action, Throttle } from './action.ts';
import type { Condition } from './condition.ts';
import type { GuardLimits } from './guard-limits.ts';
import type { Safety } from './limits.ts';
import type { Schedule } from './schedule.ts';

export const MODE_NAMES = ['observe', 'enforce'] as const;
export type Mode = (typeof MODE_NAMES)[number];

export interface Rule {
  readonly name: string;
  readonly conditions: readonly Condition[];
  /** One of the conditions asks which ends are registered. */
  readonly asksRegistered: boolean;
  readonly action: Action;
  /** Of a throttle; null for other actions. */
  readonly throttle: Throttle | null;
  /** Share of clients that the rule holds for, 0 to 1. */
  readonly rollout: number;
  readonly rolloutSeed: number;
  /** A throttle or block of a registered user by this rule is meant, and no harm. */
  readonly hitsRegistered: boolean;
}

/** The times and amounts at which a decision may change without a new finding. */
export interface Boundaries {
  /** Instants of `from` and `until`, ascending. A decision may change at the instant itself. */
  readonly instants: readonly number[];
  readonly schedules: readonly Schedule[];
  /** Minimums of packets and octets, ascending. */
  readonly packets: readonly number[];
  readonly octets: readonly number[];
}

export interface Policy {
  readonly name: string;
  readonly mode: Mode;
  readonly rules: readonly Rule[];
  readonly safety: Safety;
  /** How much a change of the rules may take from users. */
  readonly guard: GuardLimits;
  readonly boundaries: Boundaries;
  /** Of the file's octets. */
  readonly sha256: string;
}

/** A time after `timeUs` before which no decision changes by itself; Infinity where none ever does. */
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
