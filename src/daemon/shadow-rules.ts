/** Reads the rules of a shadow: a policy, and a registry if it has its own. They are never acted on. */
import { stat } from 'node:fs/promises';
import type { AddressForm } from '../output/event/address-forms.ts';
import { parsePolicy } from '../policy/policy-file.ts';
import type { Policy } from '../policy/policy.ts';
import type { Registry } from '../registry/registry.ts';
import { checkManifests, NO_NEEDS } from '../rules/manifest-check.ts';
import { reasonOf } from '../rules/load-rules.ts';
import { policyBytes } from '../rules/rules-bytes.ts';
import { ofFile, ofIssue, placeless, type RulesProblem, rulesProblem } from '../rules/rules-problem.ts';
import { fileStamp, readRules } from './daemon-rules.ts';

export interface ShadowFiles {
  readonly policy: string;
  /** Null for the registry in use. */
  readonly registry: string | null;
}

/** The rules, unless there were errors. */
export interface ShadowReading {
  readonly rules: ShadowRules | null;
  readonly problems: readonly RulesProblem[];
  /** The state of the files before they were read. */
  readonly stamp: string;
}

export interface ShadowRules {
  readonly policy: Policy;
  /** Null for the registry in use. */
  readonly registry: Registry | null;
}

/** Reads the files, and checks them against manifests beside them. Never rejects. */
export async function readShadow(files: ShadowFiles, addresses: AddressForm): Promise<ShadowReading> {
  const { policy, registry } = files;
  const stamp = shadowStamp(files);
  try {
    await requireFile(policy, 'policy');
    if (registry !== null) await requireFile(registry, 'registry');
    if (registry === null) return { ...(await readPolicy(policy, addresses)), stamp };
    const { rules, problems } = await readRules({ policy, registry, mode: undefined, needs: NO_NEEDS, addresses });
    return { rules, problems, stamp };
  } catch (error) {
    return { rules: null, problems: [placeless(rulesProblem('rules-unreadable', (error as Error).message))], stamp };
  }
}

export function shadowStamp({ policy, registry }: ShadowFiles): string {
  return [fileStamp(policy), registry === null ? '' : fileStamp(registry)].join('|');
}

async function readPolicy(path: string, addresses: AddressForm): Promise<Omit<ShadowReading, 'stamp'>> {
  const bytes = await policyBytes(path);
  const { policy, issues, sha256 } = parsePolicy(bytes, path);
  const seen = { kind: 'policy', path, name: path, bytes: bytes.length, rows: null, sha256 } as const;
  const manifests = await checkManifests([seen], NO_NEEDS);
  const problems = [
    ...issues.kept.map((issue) => ofIssue(issue, addresses !== 'plain')),
    ...manifests.problems.map(({ message }) => ofFile(path, rulesProblem('in-rules-file', message))),
  ];
  const isValid = policy !== undefined && manifests.problems.length === 0;
  return { rules: isValid ? { policy, registry: null } : null, problems };
}

/** A pipe might never end. */
async function requireFile(path: string, what: string): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    throw new Error(`cannot read the ${what} ${path}: ${reasonOf(error)}`);
  });
  if (!found.isFile()) throw new Error(`${path}: is not a file`);
}
