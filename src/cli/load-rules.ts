/**
 * Policy and registry from their files: what `replay`, `explain`, `lookup` and `check` begin with.
 */
import { readFile } from 'node:fs/promises';
import { formatIssue, type IssueList } from '../core/issue.ts';
import type { Micros } from '../core/units.ts';
import { parsePolicy } from '../policy/policy-file.ts';
import type { Policy } from '../policy/policy.ts';
import { parseRegistry } from '../registry/registry-file.ts';
import type { Registry } from '../registry/registry.ts';
import { CommandError, ExitCode } from './exit-code.ts';
import { DEFAULT_POLICY, DEFAULT_REGISTRY } from './rules-flags.ts';

/** A policy, or none, and what was noticed. Throws CommandError where the file cannot be read. */
export async function readPolicy(path: string): Promise<{ policy: Policy | null; issues: IssueList }> {
  const { policy, issues } = parsePolicy(await octetsOf(path, 'policy'), shownPath(path));
  return { policy: policy ?? null, issues };
}

/** A registry, or none, and what was noticed; with `warnAt` also what is doubtful at that time. */
export async function readRegistry(
  path: string,
  warnAt?: Micros,
): Promise<{ registry: Registry | null; issues: IssueList }> {
  return parseRegistry(await octetsOf(path, 'registry'), shownPath(path), warnAt);
}

/** A valid policy; its errors go to stderr. Throws CommandError where there are any. */
export async function requirePolicy(path: string): Promise<Policy> {
  const { policy, issues } = await readPolicy(path);
  if (policy === null) throw invalid(issues);
  return policy;
}

/** A valid registry; its errors go to stderr. Throws CommandError where there are any. */
export async function requireRegistry(path: string): Promise<Registry> {
  const { registry, issues } = await readRegistry(path);
  if (registry === null) throw invalid(issues);
  return registry;
}

function invalid(issues: IssueList): CommandError {
  for (const issue of issues.kept) {
    if (issue.severity === 'error') process.stderr.write(`${formatIssue(issue)}\n`);
  }
  const count = issues.errorCount === 1 ? 'one error' : `${issues.errorCount} errors`;
  return new CommandError(`${issues.file} is not valid: ${count}`, ExitCode.INVALID_RULES);
}

async function octetsOf(path: string, what: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new CommandError(`cannot read the ${what} ${path}: ${reasonOf(error)}`, ExitCode.WRONG_USAGE);
  }
}

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EISDIR') return 'it is a folder';
  if (code === 'EACCES') return 'permission denied';
  return error instanceof Error ? error.message : String(error);
}

/** The default rules are shown by their place in the project, whatever folder that is in. */
function shownPath(path: string): string {
  if (path === DEFAULT_POLICY) return 'rules/policy.yaml';
  return path === DEFAULT_REGISTRY ? 'rules/registry.csv' : path;
}
