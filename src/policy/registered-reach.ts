/**
 * Finds out from the rules alone whether a rule can hit (throttle or block) a registered user. A flow is in one of four
 * states: none of its ends is registered, the source is, the destination is, both are. A rule can hit a registered user
 * if its conditions admit a state other than none, and no rule before it allows every flow of that state that the rule
 * would match.
 *
 * The analysis errs towards yes. Conditions of two rules are compared key by key, so a rule that is covered only by
 * several others together, or by a variant that implies a protocol, counts as one that can hit.
 */
import { type ConditionKey, implies } from './conditions.ts';
import { isForAll, matchesEverything } from './catch-all.ts';
import type { ReachReason } from './reach-words.ts';
import type { RuleShape } from './policy-schema.ts';

/** The result for a rule that throttles or blocks. */
export interface RegisteredReach {
  readonly name: string;
  readonly action: string;
  readonly hits: boolean;
  readonly reasons: readonly ReachReason[];
}

/** States of a flow other than none, as bits. */
const SOURCE = 1;
const DESTINATION = 2;
const BOTH = 4;
const ANY_REGISTERED = SOURCE | DESTINATION | BOTH;
const STATES: Readonly<Record<string, number>> = {
  none: 0,
  source: SOURCE | BOTH,
  destination: DESTINATION | BOTH,
  either: ANY_REGISTERED,
  both: BOTH,
};

/** The results for all rules that throttle or block, in their order. */
export function registeredReaches(rules: readonly RuleShape[]): RegisteredReach[] {
  const reaches: RegisteredReach[] = [];
  const allowing: RuleShape[] = [];
  let catchAll: RuleShape | null = null;
  for (const rule of rules) {
    if (rule.action === 'allow') allowing.push(rule);
    else reaches.push(reachOf(rule, allowing, catchAll));
    if (matchesEverything(rule)) catchAll ??= rule;
  }
  return reaches;
}

/** The registered states that a rule's own conditions admit. */
function statesOf({ when }: RuleShape): number {
  return when?.registered === undefined ? ANY_REGISTERED : STATES[when.registered]!;
}

/** `before`: the rules before it that allow; `catchAll`: the first one that matches everything, or null. */
function reachOf(rule: RuleShape, before: readonly RuleShape[], catchAll: RuleShape | null): RegisteredReach {
  const answer = (hits: boolean, ...reasons: ReachReason[]): RegisteredReach => ({
    name: rule.name,
    action: rule.action,
    hits,
    reasons,
  });
  if (catchAll !== null) return answer(false, because('never-reached', [catchAll.name]));
  let open = statesOf(rule);
  if (open === 0) return answer(false, because('registered', [], ['none']));
  const allowing: string[] = [];
  const partly: ReachReason[] = [];
  for (const other of before) {
    if ((statesOf(other) & open) === 0) continue;
    const narrower = narrowerKeys(rule, other);
    if (narrower.length > 0) {
      partly.push(because('partly-allowed', [other.name], narrower));
      continue;
    }
    allowing.push(other.name);
    open &= ~statesOf(other);
    if (open === 0) return answer(false, because('allowed-before', allowing));
  }
  const intended = rule.hits_registered === true ? [because('intended')] : [];
  return answer(true, condition(rule), ...partly, ...intended);
}

function because(why: ReachReason['why'], rules: readonly string[] = [], values: readonly string[] = []): ReachReason {
  return { why, rules, values };
}

function condition({ when }: RuleShape): ReachReason {
  if (when?.registered !== undefined) return because('registered', [], [when.registered]);
  return because(when?.sector !== undefined ? 'sector' : 'unconditional');
}

/** Conditions of `other`, besides `registered`, that do not hold for every flow that `rule` matches. */
function narrowerKeys(rule: RuleShape, other: RuleShape): string[] {
  const asks = other.when ?? {};
  const keys = (Object.keys(asks) as ConditionKey[]).filter((key) => key !== 'registered' && asks[key] !== undefined);
  const narrower: string[] = keys.filter((key) => !implies(key, rule.when ?? {}, asks));
  if (!isForAll(other)) narrower.push('rollout');
  return narrower;
}
