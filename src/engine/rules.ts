/** The rules by which flows are decided, and what decisions by them are in words. */
import { NO_RULE } from '../policy/decide.ts';
import type { Mode, Policy } from '../policy/policy.ts';
import { NO_REGISTRATION, type Registry } from '../registry/registry.ts';
import type { ShownRegistration } from './decision-sink.ts';

/** The rules by which flows are decided; swapped as one. */
export interface Rules {
  readonly policy: Policy;
  readonly registry: Registry;
  readonly mode: Mode;
}

/** Name of a rule by its number; null for NO_RULE. */
export function ruleName(rules: Rules, rule: number): string | null {
  return rule === NO_RULE ? null : rules.policy.rules[rule]!.name;
}

/** A registration by its number; null for NO_REGISTRATION. */
export function shownRegistration(rules: Rules, index: number): ShownRegistration | null {
  if (index === NO_REGISTRATION) return null;
  const { prefix, holder, sector, reference } = rules.registry.registrationAt(index);
  return { prefix, holder, sector, reference };
}

/** True when events show the two registrations alike, wherever they stand in their registries. */
export function isSameRegistration(rulesA: Rules, indexA: number, rulesB: Rules, indexB: number): boolean {
  const a = shownRegistration(rulesA, indexA);
  const b = shownRegistration(rulesB, indexB);
  if (a === null || b === null) return a === b;
  return a.prefix === b.prefix && a.holder === b.holder && a.sector === b.sector && a.reference === b.reference;
}
