/** The rules by which flows are decided, and the hash that names them. */
import { createHash } from 'node:crypto';
import type { Mode } from '../policy/mode.ts';
import type { Policy } from '../policy/policy.ts';
import type { Registry } from '../registry/registry.ts';

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
