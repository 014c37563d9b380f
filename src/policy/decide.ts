/**
 * Decides a flow. The action is that of the first rule whose conditions all hold and whose rollout includes the client.
 * A rule whose rollout leaves the client out does not match, and the next rules are tried.
 */
import { NO_REGISTRATION } from '../registry/registration.ts';
import { Action } from './action.ts';
import type { DecisionInput } from './decision-input.ts';
import type { Policy, Rule } from './policy.ts';
import { rolloutPosition } from './rollout.ts';

/** Rule index of a decision for which no rule matched. */
export const NO_RULE = -1;

/** The reason of a decision, as events show it. */
export const Reason = {
  /** No rule matched, so the flow is allowed. */
  NO_RULE: 0,
  /** A rule with a condition on registration matched, and this end is registered. */
  REGISTERED_SOURCE: 1,
  REGISTERED_DESTINATION: 2,
  REGISTERED_BOTH: 3,
  /** A rule without a condition on registration matched. */
  RULE_MATCHED: 4,
  /** A rule with a condition on registration matched, and neither end is registered. */
  NOT_REGISTERED: 5,
} as const;
export type Reason = (typeof Reason)[keyof typeof Reason];

export const REASON_NAMES: readonly string[] = [
  'no-rule',
  'registered-source',
  'registered-destination',
  'registered-both',
  'rule-matched',
  'not-registered',
];

/** Index of the rule that decides, or NO_RULE. */
export function decidingRule(policy: Policy, input: DecisionInput): number {
  const { rules } = policy;
  for (let index = 0; index < rules.length; index++) {
    if (matches(rules[index]!, input)) return index;
  }
  return NO_RULE;
}

function matches(rule: Rule, input: DecisionInput): boolean {
  for (const condition of rule.conditions) {
    if (!condition.holds(input)) return false;
  }
  return isInRollout(rule, input);
}

/** True if the rule applies to the client. */
export function isInRollout(rule: Rule, input: DecisionInput): boolean {
  return rule.rollout >= 1 || rolloutPosition(rule.rolloutSeed, input.source) < rule.rollout;
}

export function actionOf(policy: Policy, rule: number): Action {
  return rule === NO_RULE ? Action.ALLOW : policy.rules[rule]!.action;
}

export function reasonOf(policy: Policy, rule: number, input: DecisionInput): Reason {
  if (rule === NO_RULE) return Reason.NO_RULE;
  if (!policy.rules[rule]!.testsRegistration) return Reason.RULE_MATCHED;
  const source = input.sourceRegistration !== NO_REGISTRATION;
  const destination = input.destinationRegistration !== NO_REGISTRATION;
  if (source && destination) return Reason.REGISTERED_BOTH;
  if (source) return Reason.REGISTERED_SOURCE;
  return destination ? Reason.REGISTERED_DESTINATION : Reason.NOT_REGISTERED;
}
