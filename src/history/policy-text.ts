/** A policy in words, as it was when it came into force, so that a report on an earlier time can show it. */

export interface RuleText {
  readonly name: string;
  /** Which flows, with its prefixes, and with these only counted. */
  readonly flows: string;
  readonly flows_without_prefixes: string;
  /** What happens to them. */
  readonly action: string;
  /** Null where the policy does not say. */
  readonly legal_basis: string | null;
  readonly review_by: string | null;
}

export interface PolicyText {
  /** Hash of the policy's file, hex. */
  readonly sha256: string;
  readonly name: string;
  readonly rules: readonly RuleText[];
}

/** The kind of the change that says which rules came into force; its fields are those of RulesInForce. */
export const RULES_CHANGE = 'rules';

export interface RulesInForce {
  /** Hashes of the policy's file, by which its text is found, and of the registry's. */
  readonly policy: string;
  readonly registry: string;
  readonly registrations: number;
  readonly mode: string;
  /** By the clock, milliseconds since 1970: since when they have been in use; not in rows of earlier versions. */
  readonly since_ms?: number;
}
