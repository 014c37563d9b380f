/**
 * Compiles the checked shape of a policy file into a Policy: conditions become functions, texts become numbers, and the
 * boundaries at which decisions may change are collected.
 */
import {
  type Action,
  ACTION_NAMES,
  defaultBurst,
  parseBytes,
  parseRate,
  parsePercent,
  type BucketScope,
  BUCKET_SCOPE_NAMES,
  type Throttle,
} from './action.ts';
import { compileConditions } from './conditions.ts';
import { compileGuard } from './guard-limits.ts';
import { compileSafety } from './compile-safety.ts';
import { DEFAULT_SAFETY } from './limits.ts';
import type { Mode } from './mode.ts';
import type { Boundaries, Policy, Rule } from './policy.ts';
import type { PolicyShape, RuleShape } from './policy-schema.ts';
import type { RegisteredReach } from './registered-reach.ts';
import { rolloutSeed } from './rollout.ts';

/** Compiles a shape that has passed all checks. `reaches` are those of its rules. */
export function compilePolicy(shape: PolicyShape, reaches: readonly RegisteredReach[], sha256: string): Policy {
  const rules = shape.rules.map(compileRule);
  return {
    name: shape.name,
    mode: (shape.mode ?? 'observe') as Mode,
    rules,
    safety: shape.safety === undefined ? DEFAULT_SAFETY : compileSafety(shape.safety),
    guard: compileGuard(shape.safety?.guard),
    boundaries: boundariesOf(rules),
    reaches,
    sha256,
  };
}

function compileRule(rule: RuleShape): Rule {
  return {
    name: rule.name,
    conditions: rule.when === undefined ? [] : compileConditions(rule.when),
    testsRegistration: rule.when?.registered !== undefined,
    action: (ACTION_NAMES as readonly string[]).indexOf(rule.action) as Action,
    throttle: rule.rate === undefined ? null : compileThrottle(rule.rate, rule.burst, rule.per),
    rollout: rule.rollout === undefined ? 1 : parsePercent(rule.rollout),
    rolloutSeed: rolloutSeed(rule.name),
    hitsRegistered: rule.hits_registered === true,
    shape: rule,
  };
}

function compileThrottle(rateText: string, burst: string | undefined, per: string | undefined): Throttle {
  const rate = parseRate(rateText);
  return {
    rate,
    burst: burst === undefined ? defaultBurst(rate) : parseBytes(burst),
    per: (BUCKET_SCOPE_NAMES as readonly string[]).indexOf(per ?? 'flow') as BucketScope,
  };
}

/** The boundaries of all conditions, each kind ascending. */
function boundariesOf(rules: readonly Rule[]): Boundaries {
  const found = rules.flatMap(({ conditions }) => conditions.flatMap(({ boundary }) => boundary ?? []));
  const ascending = (numbers: readonly (number | undefined)[]): number[] =>
    [...new Set(numbers.filter((number) => number !== undefined))].sort((a, b) => a - b);
  return {
    instants: ascending(found.map(({ instantUs }) => instantUs)),
    schedules: found.flatMap(({ schedule }) => schedule ?? []),
    packets: ascending(found.map(({ packets }) => packets)),
    bytes: ascending(found.map(({ bytes }) => bytes)),
  };
}
