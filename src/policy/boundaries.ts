/**
 * The dates at which decisions under a policy and a registry may change without a new packet: `valid_from` and
 * `valid_until`, `from` and `until`, and the edges of schedules. Dates within a minute of the first are evaluated as
 * one group, so a registry with a different date in every row costs a bounded number of evaluations.
 */
import type { Registry } from '../registry/registry.ts';
import { DecisionInput } from './decision-input.ts';
import { nextBoundary, type Policy, type Rule } from './policy.ts';

export interface RulesPair {
  readonly policy: Policy;
  readonly registry: Registry;
}

/** Dates that are evaluated together: from the first to the last, packet times in µs since 1970. */
export interface DateGroup {
  readonly firstUs: number;
  readonly lastUs: number;
}

export const GROUP_US = 60_000_000;
/** The largest number of dates in a group: the next date begins a new group. */
const GROUP_LIMIT = 1000;
const TIME_CONDITIONS = ['from', 'until', 'schedule'];

/** The first date after a packet time; Infinity where there is none. */
export function nextDate({ policy, registry }: RulesPair, timeUs: number): number {
  return Math.min(nextBoundary(policy.boundaries, timeUs), registry.nextBoundary(timeUs));
}

/** The first group of dates after a packet time and not after `limitUs`; null where there is none. */
export function nextGroup(pair: RulesPair, timeUs: number, limitUs = Infinity): DateGroup | null {
  const firstUs = nextDate(pair, timeUs);
  if (firstUs === Infinity || firstUs > limitUs) return null;
  const endUs = Math.min(firstUs + GROUP_US, limitUs + 1);
  let lastUs = firstUs;
  for (let count = 1; count < GROUP_LIMIT; count++) {
    const next = nextDate(pair, lastUs);
    if (next >= endUs) break;
    lastUs = next;
  }
  return { firstUs, lastUs };
}

/**
 * False where no decision can change in a group. Midnight is a boundary of every schedule, but seldom an edge of its
 * window.
 */
export function changesAnything({ policy, registry }: RulesPair, { firstUs, lastUs }: DateGroup): boolean {
  if (registry.nextBoundary(firstUs - 1) <= lastUs) return true;
  if (lastUs > firstUs) return true;
  return policy.rules.some((rule) => isActiveAt(rule, firstUs - 1) !== isActiveAt(rule, firstUs));
}

const input = new DecisionInput();

/** True when the rule's dates and schedule let it match at a packet time. */
export function isActiveAt(rule: Rule, timeUs: number): boolean {
  input.timeUs = timeUs;
  return rule.conditions.every((condition) => !TIME_CONDITIONS.includes(condition.name) || condition.holds(input));
}
