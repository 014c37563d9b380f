/**
 * Decides: the first rule whose conditions all hold, and whose rollout the client is within, gives the action. A rule that
 * leaves a client out of its rollout does not match for it, and the next rules are tried.
 */
import { Action } from './action.ts';
import { type DecisionInput, NOT_REGISTERED } from './decision-input.ts';
import type { Policy, Rule } from './policy.ts';
import { rolloutPlace } from './rollout.ts';

/** Rule index of a decision that no rule made. */
export const NO_RULE = -1;

/** Why a decision is what it is, for events and auditors. */
export const Reason = {
  /** No rule matched: allow. */
  NO_RULE: 0,
  /** A rule about registered ends allowed, and this end is registered. */
  REGISTERED_SOURCE: 1,
  REGISTERED_DESTINATION: 2,
  REGISTERED_BOTH: 3,
  /** A rule matched for another reason. */
  RULE_MATCHED: 4,
  /** A rule matched, and neither end is registered. */
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

function isInRollout(rule: Rule, input: DecisionInput): boolean {
  return rule.rollout >= 1 || rolloutPlace(rule.rolloutSeed, input.source) < rule.rollout;
}

export function actionOf(policy: Policy, rule: number): Action {
  return rule === NO_RULE ? Action.ALLOW : policy.rules[rule]!.action;
}

export function reasonOf(policy: Policy, rule: number, input: DecisionInput): Reason {
  if (rule === NO_RULE) return Reason.NO_RULE;
  if (!policy.rules[rule]!.asksRegistered) return Reason.RULE_MATCHED;
  const source = input.sourceRegistration !== NOT_REGISTERED;
  const destination = input.destinationRegistration !== NOT_REGISTERED;
  if (source && destination) return Reason.REGISTERED_BOTH;
  if (source) return Reason.REGISTERED_SOURCE;
  return destination ? Reason.REGISTERED_DESTINATION : Reason.NOT_REGISTERED;
}

/** One rule's part in a decision, in words. */
export interface TriedRule {
  readonly name: string;
  readonly matched: boolean;
  /** What did not hold; empty where the rule matched. */
  readonly failed: readonly string[];
}

/** The rules that were tried for a decision, up to the one that matched, each with what did not hold. */
export function traceRules(policy: Policy, input: DecisionInput): TriedRule[] {
  const tried: TriedRule[] = [];
  for (const rule of policy.rules) {
    const failed = rule.conditions
      .filter((condition) => !condition.holds(input))
      .map((condition) => `${condition.name}: ${condition.wanted}`);
    if (failed.length === 0 && !isInRollout(rule, input)) {
      failed.push(`rollout: the client is not within the first ${Number((rule.rollout * 100).toFixed(6))} %`);
    }
    tried.push({ name: rule.name, matched: failed.length === 0, failed });
    if (failed.length === 0) break;
  }
  return tried;
}
