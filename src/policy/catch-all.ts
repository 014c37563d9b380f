/** Rules that leave nothing to the rules after them. */
import { parsePercent } from './action.ts';
import type { RuleShape } from './policy-schema.ts';

/** True for a rule without conditions and without a partial rollout: the rules after it are never reached. */
export function matchesEverything(rule: RuleShape): boolean {
  return isForAll(rule) && Object.keys(rule.when ?? {}).length === 0;
}

/** True for a rule that applies to all clients. */
export function isForAll({ rollout }: RuleShape): boolean {
  return rollout === undefined || parsePercent(rollout) === 1;
}
