/** The rules by which flows are decided, and what decisions by them are in words. */
import { createHash } from 'node:crypto';
import { NO_RULE } from '../policy/decide.ts';
import type { Mode } from '../policy/mode.ts';
import type { Policy } from '../policy/policy.ts';
import { NO_REGISTRATION } from '../registry/registration.ts';
import type { Registry } from '../registry/registry.ts';
import type { ShownRegistration } from './decision-sink.ts';

/** The rules by which flows are decided; swapped as one. */
export interface Rules {
  readonly policy: Policy;
  readonly registry: Registry;
  readonly mode: Mode;
  /** Where the files came with manifests. */
  readonly versions?: RulesVersions;
}

/** Versions of manifests; null for a file without one. */
export interface RulesVersions {
  readonly policy: number | null;
  readonly registry: number | null;
}

/**
 * The hash that names a pair of policy and registry: SHA-256, hex, of the hashes of the two files, a line each. From a
 * shell: `sha256sum FILES | cut -d ' ' -f 1 | sha256sum` with the policy first.
 */
export function rulesSha256({ policy, registry }: Pick<Rules, 'policy' | 'registry'>): string {
  return createHash('sha256').update(`${policy.sha256}\n${registry.sha256}\n`).digest('hex');
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
