/**
 * `sluice check`: every problem of a policy and a registry, each with its place.
 */
import { formatIssue, type IssueList } from '../core/issue.ts';
import { micros } from '../core/units.ts';
import { ExitCode } from './exit-code.ts';
import { readPolicy, readRegistry } from './load-rules.ts';
import { DEFAULT_POLICY, DEFAULT_REGISTRY } from './rules-flags.ts';

export interface CheckFlags {
  readonly policy?: string;
  readonly registry?: string;
}

export async function check(flags: CheckFlags): Promise<ExitCode> {
  const neither = flags.policy === undefined && flags.registry === undefined;
  const policyFile = flags.policy ?? (neither ? DEFAULT_POLICY : undefined);
  const registryFile = flags.registry ?? (neither ? DEFAULT_REGISTRY : undefined);
  let errors = 0;
  if (policyFile !== undefined) {
    const { policy, issues } = await readPolicy(policyFile);
    errors += report(
      issues,
      policy === null ? null : `policy ${policy.name}, ${policy.rules.length} rules, sha256 ${policy.sha256}`,
    );
  }
  if (registryFile !== undefined) {
    const { registry, issues } = await readRegistry(registryFile, micros(Date.now() * 1000));
    errors += report(issues, registry === null ? null : `${registry.count} registrations, sha256 ${registry.sha256}`);
  }
  return errors > 0 ? ExitCode.INVALID_RULES : ExitCode.DONE;
}

/** Prints the issues of a file and a closing line; returns the number of errors. */
function report(issues: IssueList, valid: string | null): number {
  for (const issue of issues.kept) process.stdout.write(`${formatIssue(issue)}\n`);
  const left = issues.errorCount + issues.warningCount - issues.kept.length;
  if (left > 0) process.stdout.write(`${issues.file}: and ${left} more\n`);
  const counts = `${counted(issues.errorCount, 'error')}, ${counted(issues.warningCount, 'warning')}`;
  process.stdout.write(
    valid === null ? `${issues.file}: not valid: ${counts}\n` : `${issues.file}: valid: ${valid}; ${counts}\n`,
  );
  return issues.errorCount;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
