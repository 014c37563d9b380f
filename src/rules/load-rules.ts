/**
 * Loads policy and registry files for the commands. A file with a manifest must match it.
 */
import { formatIssue, type IssueList } from '../core/issue.ts';
import type { Micros } from '../core/units.ts';
import { parsePolicy } from '../policy/policy-file.ts';
import type { Policy } from '../policy/policy.ts';
import { parseRegistry } from '../registry/file/registry-file.ts';
import type { Registry } from '../registry/registry.ts';
import {
  checkManifests,
  type FoundManifest,
  type ManifestNeeds,
  type ManifestsReading,
  NO_NEEDS,
  type SeenFile,
} from './manifest-check.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import { DEFAULT_POLICY, DEFAULT_REGISTRY } from './example-rules.ts';
import { policyBytes, registryBytes } from './rules-bytes.ts';

/** The result of reading a policy file: a policy or null, its issues, and the facts that a manifest states. */
export interface PolicyReading {
  readonly policy: Policy | null;
  readonly issues: IssueList;
  readonly seen: SeenFile;
}

export interface RegistryReading {
  readonly registry: Registry | null;
  readonly issues: IssueList;
  readonly seen: SeenFile;
}

/** A valid pair, with the facts about its files and their manifests. */
export interface LoadedRules {
  readonly policy: Policy;
  readonly registry: Registry;
  readonly seen: { readonly policy: SeenFile; readonly registry: SeenFile };
  readonly manifests: readonly FoundManifest[];
}

/**
 * Reads a policy file, with warnings about dates as of `warnAt`; `applyManifests` checks its manifest. Throws
 * CommandError where the file cannot be read.
 */
export async function readPolicy(path: string, warnAt?: Micros): Promise<PolicyReading> {
  const bytes = await readable(policyBytes(path), path, 'policy');
  const name = shownPath(path);
  const { policy, issues, sha256 } = parsePolicy(bytes, name, warnAt);
  const seen: SeenFile = { kind: 'policy', path, name, bytes: bytes.length, rows: null, sha256 };
  return { policy: policy ?? null, issues, seen };
}

/** Reads a registry file, with warnings as of `warnAt`. Throws CommandError where the file cannot be read. */
export async function readRegistry(path: string, warnAt?: Micros): Promise<RegistryReading> {
  const bytes = await readable(registryBytes(path), path, 'registry');
  const name = shownPath(path);
  const { registry, issues, sha256, rows } = parseRegistry(bytes, name, warnAt);
  return { registry, issues, seen: { kind: 'registry', path, name, bytes: bytes.length, rows, sha256 } };
}

/** Checks files against their manifests, as one pair. Problems become errors of the files. */
export async function applyManifests(
  readings: readonly { readonly issues: IssueList; readonly seen: SeenFile }[],
  needs: ManifestNeeds = NO_NEEDS,
): Promise<ManifestsReading> {
  const checked = await checkManifests(
    readings.map(({ seen }) => seen),
    needs,
  );
  for (const { kind, message } of checked.problems)
    readings.find(({ seen }) => seen.kind === kind)?.issues.error(0, 0, message);
  return checked;
}

/**
 * Loads a valid policy and a valid registry. Errors go to stderr, and throw CommandError. `registries` keeps what was
 * read, so that several policies can share a registry.
 */
export async function requireRules(
  files: { readonly policy: string; readonly registry: string },
  registries = new Map<string, RegistryReading>(),
): Promise<LoadedRules> {
  const policyReading = await readPolicy(files.policy);
  if (!policyReading.issues.ok) throw invalid(policyReading.issues);
  const registryReading = registries.get(files.registry) ?? (await readRegistry(files.registry));
  registries.set(files.registry, registryReading);
  const { found } = await applyManifests([policyReading, registryReading]);
  for (const { issues } of [policyReading, registryReading]) if (!issues.ok) throw invalid(issues);
  return {
    policy: policyReading.policy!,
    registry: registryReading.registry!,
    seen: { policy: policyReading.seen, registry: registryReading.seen },
    manifests: found,
  };
}

/** Loads a valid registry. Errors go to stderr, and throw CommandError. */
export async function requireRegistry(path: string): Promise<Registry> {
  const reading = await readRegistry(path);
  await applyManifests([reading]);
  if (!reading.issues.ok) throw invalid(reading.issues);
  return reading.registry!;
}

function invalid(issues: IssueList): CommandError {
  for (const issue of issues.kept) {
    if (issue.severity === 'error') process.stderr.write(`${formatIssue(issue)}\n`);
  }
  const count = issues.errorCount === 1 ? 'one error' : `${issues.errorCount} errors`;
  return new CommandError(`${issues.file} is not valid: ${count}`, ExitCode.INVALID_RULES);
}

async function readable(bytes: Promise<Uint8Array>, path: string, what: string): Promise<Uint8Array> {
  try {
    return await bytes;
  } catch (error) {
    throw new CommandError(`cannot read the ${what} ${path}: ${reasonOf(error)}`, ExitCode.WRONG_USAGE);
  }
}

/** Why a file could not be read, in words for the frequent causes. */
export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EISDIR') return 'it is a folder';
  if (code === 'EACCES') return 'permission denied';
  return error instanceof Error ? error.message : String(error);
}

/** The name of a file in messages: the example rules are named by their path in the project. */
export function shownPath(path: string): string {
  if (path === DEFAULT_POLICY) return 'rules/policy.yaml';
  return path === DEFAULT_REGISTRY ? 'rules/registry.csv' : path;
}
