/**
 * `sluice check`: every problem of a policy and a registry, each with its position; whether a rule can hit a registered
 * user; and whether the policy would trip its own limits on recorded traffic.
 */
import { formatIssue, type IssueList } from '../core/issue.ts';
import { micros } from '../core/units.ts';
import { rulesSha256 } from '../decision/rules.ts';
import type { FoundManifest } from '../rules/manifest-check.ts';
import { policyAhead, registryAhead } from './check-ahead.ts';
import { checkTraffic } from './check-traffic.ts';
import { ExitCode } from '../core/exit-code.ts';
import { reachWords } from '../policy/reach-words.ts';
import {
  applyManifests,
  type PolicyReading,
  readPolicy,
  readRegistry,
  type RegistryReading,
} from '../rules/load-rules.ts';
import { type ManifestFlags, manifestNeeds } from './manifest-flags.ts';
import { DEFAULT_POLICY, DEFAULT_REGISTRY } from '../rules/example-rules.ts';

export interface CheckFlags extends ManifestFlags {
  readonly policy?: string;
  readonly registry?: string;
  readonly strict?: boolean;
  /** Milliseconds ahead that are evaluated. */
  readonly ahead?: number;
  /** Captures. */
  readonly traffic?: readonly string[];
}

export async function check(flags: CheckFlags): Promise<ExitCode> {
  const needs = manifestNeeds(flags);
  const needsBoth = flags.traffic !== undefined || (flags.policy === undefined && flags.registry === undefined);
  const policyFile = flags.policy ?? (needsBoth ? DEFAULT_POLICY : undefined);
  const registryFile = flags.registry ?? (needsBoth ? DEFAULT_REGISTRY : undefined);
  const nowUs = micros(Date.now() * 1000);
  const policy = policyFile === undefined ? null : await readPolicy(policyFile, nowUs);
  const registry = registryFile === undefined ? null : await readRegistry(registryFile, nowUs);
  const readings = [policy, registry].filter((reading) => reading !== null);
  const { found } = await applyManifests(readings, needs);
  if (policy !== null) printPolicy(policy);
  if (registry !== null) printRegistry(registry, nowUs);
  for (const manifest of found) if (readings.every(({ issues }) => issues.ok)) printManifest(manifest);
  if (policy?.policy && registry?.registry && policy.issues.ok && registry.issues.ok)
    print(`rules: sha256 ${rulesSha256({ policy: policy.policy, registry: registry.registry })}`);
  const beyondCount = flags.ahead === undefined ? 0 : printAhead(policy, registry, nowUs, nowUs + flags.ahead * 1000);
  const isStrict = flags.strict === true;
  const exitCode = isStrict && beyondCount > 0 ? ExitCode.INVALID_RULES : exitCodeOf(readings, isStrict);
  if (exitCode !== ExitCode.DONE || flags.traffic === undefined || !policy?.policy || !registry?.registry)
    return exitCode;
  const traffic = await checkTraffic(flags.traffic, { policy: policy.policy, registry: registry.registry });
  for (const line of traffic.lines) print(`${policy.issues.file}: on this traffic: ${line}`);
  return traffic.wouldTrip && isStrict ? ExitCode.INVALID_RULES : traffic.exitCode;
}

/** Prints what dates will change. Returns how many days exceed the limits of the guard. */
function printAhead(
  policyReading: PolicyReading | null,
  registryReading: RegistryReading | null,
  nowUs: number,
  untilUs: number,
): number {
  const policy = policyReading?.policy ?? null;
  if (policyReading !== null && policy !== null) {
    const { file } = policyReading.issues;
    const lines = policyAhead(policy, nowUs, untilUs);
    for (const line of lines) print(`${file}: ahead: ${line}`);
    if (lines.length === 0) print(`${file}: ahead: no rule begins or ends`);
  }
  const registry = registryReading?.registry ?? null;
  if (registryReading === null || registry === null) return 0;
  const { file } = registryReading.issues;
  const { lines, beyondCount } = registryAhead(registry, policy, nowUs, untilUs);
  for (const line of lines) print(`${file}: ahead: ${line}`);
  if (lines.length === 0) print(`${file}: ahead: no registration expires or begins`);
  return beyondCount;
}

function exitCodeOf(readings: readonly { readonly issues: IssueList }[], isStrict: boolean): ExitCode {
  const isRefused = readings.some(({ issues }) => !issues.ok || (isStrict && issues.warningCount > 0));
  return isRefused ? ExitCode.INVALID_RULES : ExitCode.DONE;
}

function printPolicy({ policy, issues }: PolicyReading): void {
  report(
    issues,
    policy === null ? null : `policy ${policy.name}, ${policy.rules.length} rules, sha256 ${policy.sha256}`,
  );
  for (const { name, action, hits, reasons } of policy?.reaches ?? [])
    print(`${issues.file}: rule ${name} ${hits ? 'can' : 'cannot'} ${action} registered users: ${reachWords(reasons)}`);
}

function printRegistry({ registry, issues }: RegistryReading, nowUs: number): void {
  report(issues, registry === null ? null : `${registry.count} registrations, sha256 ${registry.sha256}`);
  if (registry !== null) print(`${issues.file}: ${counted(registry.countInForce(nowUs), 'registration')} in force now`);
}

function printManifest({ path, manifest, signedBy }: FoundManifest): void {
  const by = signedBy.length === 0 ? 'no signature checked' : `signed by ${signedBy.join(', ')}`;
  print(`${path}: matches, version ${manifest.version}, ${by}`);
}

/** Prints the issues of a file and a closing line. */
function report(issues: IssueList, valid: string | null): void {
  for (const issue of issues.kept) print(formatIssue(issue));
  const left = issues.errorCount + issues.warningCount - issues.kept.length;
  if (left > 0) print(`${issues.file}: and ${left} more`);
  const counts = `${counted(issues.errorCount, 'error')}, ${counted(issues.warningCount, 'warning')}`;
  print(
    valid === null || !issues.ok
      ? `${issues.file}: not valid: ${counts}`
      : `${issues.file}: valid: ${valid}; ${counts}`,
  );
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
