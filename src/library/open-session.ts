/** Opens sessions, and checks rules without one. */
import { formatIssue } from '../core/issue.ts';
import { CommandError } from '../core/exit-code.ts';
import { type Micros, micros } from '../core/units.ts';
import { DEFAULT_FLOW_CAPACITY } from '../dataplane/host/flow-capacity.ts';
import { LINK_IDENTITIES } from '../dataplane/host/link-identity.ts';
import { MODE_NAMES } from '../policy/mode.ts';
import { DEFAULT_POLICY, DEFAULT_REGISTRY } from '../rules/example-rules.ts';
import {
  applyManifests,
  type PolicyReading,
  readPolicy,
  readRegistry,
  type RegistryReading,
} from '../rules/load-rules.ts';
import { checkName } from './check-name.ts';
import type { RulesFiles, Session, SessionOptions } from './session.ts';
import { type Problem, SluiceError } from './sluice-error.ts';

const MOST_FLOWS = 100_000_000;

/**
 * Reads policy and registry, and opens a session that decides flows by them. Rejects with SluiceError `invalid-rules`,
 * `unreadable-rules` or `invalid-option`.
 */
export async function openSession(options: SessionOptions = {}): Promise<Session> {
  const { maxFlows = DEFAULT_FLOW_CAPACITY, linkIdentity = 'vlan' } = options;
  if (!Number.isInteger(maxFlows) || maxFlows < 1 || maxFlows > MOST_FLOWS)
    throw new SluiceError(
      'invalid-option',
      `maxFlows is ${maxFlows}: it must be a whole number from 1 to ${MOST_FLOWS}`,
    );
  checkName('linkIdentity', linkIdentity, LINK_IDENTITIES);
  if (options.mode !== undefined) checkName('mode', options.mode, MODE_NAMES);
  const [{ policy, issues }, { registry, issues: registryIssues }] = await readRules(options);
  const problems = [...issues.kept, ...registryIssues.kept];
  const errorCount = issues.errorCount + registryIssues.errorCount;
  if (policy === null || registry === null || errorCount > 0)
    throw new SluiceError('invalid-rules', errorText(problems, errorCount), problems);
  // Programs that only check rules do not load the engine.
  const { EngineSession } = await import('./engine-session.ts');
  return new EngineSession({ policy, registry, mode: options.mode ?? policy.mode }, maxFlows, linkIdentity);
}

/**
 * Problems of policy and registry, errors and warnings, at most 1,000 of each file. Warnings about dates are as of now.
 * Rejects with SluiceError `unreadable-rules`.
 */
export async function checkRules(files: RulesFiles = {}): Promise<readonly Problem[]> {
  const readings = await readRules(files, micros(Date.now() * 1000));
  return readings.flatMap(({ issues }) => issues.kept);
}

/** Reads and checks both files; with `warnAt` also for warnings about the registry. */
async function readRules(
  { policy = DEFAULT_POLICY, registry = DEFAULT_REGISTRY }: RulesFiles,
  warnAt?: Micros,
): Promise<[PolicyReading, RegistryReading]> {
  try {
    const readings: [PolicyReading, RegistryReading] = [await readPolicy(policy), await readRegistry(registry, warnAt)];
    await applyManifests(readings);
    return readings;
  } catch (error) {
    if (error instanceof CommandError) throw new SluiceError('unreadable-rules', error.message);
    throw error;
  }
}

/** The first error, and the number of further ones. */
function errorText(problems: readonly Problem[], errorCount: number): string {
  const first = problems.find(({ severity }) => severity === 'error');
  const more = errorCount > 1 ? ` (and ${errorCount - 1} more)` : '';
  return first === undefined ? 'the rules are not valid' : `${formatIssue(first)}${more}`;
}
