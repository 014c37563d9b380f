/**
 * The dates at which decisions under a pair of policy and registry may change by themselves: `valid_from` and `valid_until`, `from` and `until`, and the
 * edges of schedules. Dates within a minute of the first are one group, so that a registry with a date for each row costs a bounded number of evaluations.
 */
import type { Registry } from '../registry/registry.ts';
import { DecisionInput } from './decision-input.ts';
import { nextBoundary, type Policy, type Rule } from './policy.ts';

export interface RulesPair {
  readonly policy: Policy;
  readonly registry: Registry;
}

/** Dates that are looked at together: from the first to the last, packet times in µs since 1970. */
export interface DateGroup {
  readonly firstUs: number;
  readonly lastUs: number;
}

export const GROUP_US = 60_000_000;
/** Dates of a group at most: the next one begins a new group. */
const GROUP_LIMIT = 1000;
const TIME_CONDITIONS = ['from', 'until', 'schedule'];

/** The first date after a packet time; Infinity where there is none. */
export function nextDate({ policy, registry }: RulesPair, timeUs: number): number {
  return Math.min(nextBoundary(policy.boundaries, timeUs), registry.nextBoundary(timeUs));
}

/** The first group of dates after a packet time, none of them later than `limitUs`; null where there is none. */
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

/** False where nothing can change in a group: midnight is a boundary of every schedule, and seldom an edge. */
export function changesAnything({ policy, registry }: RulesPair, { firstUs, lastUs }: DateGroup): boolean {
  if (registry.nextBoundary(firstUs - 1) <= lastUs) return true;
  if (lastUs > firstUs) return true;
  return policy.rules.some((rule) => isTimely(rule, firstUs - 1) !== isTimely(rule, firstUs));
}

const input = new DecisionInput();

/** True when the rule's dates and schedule let it match at a packet time. */
export function isTimely(rule: Rule, timeUs: number): boolean {
  input.timeUs = timeUs;
  return rule.conditions.every((condition) => !TIME_CONDITIONS.includes(condition.name) || condition.holds(input));
}
