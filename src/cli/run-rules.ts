/**
 * The daemon's rules from their files: policy and registry, read aside while packets go on, with every problem.
 */
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { formatIssue, type Issue } from '../core/issue.ts';
import type { Rules } from '../engine/rules.ts';
import { parsePolicy } from '../policy/policy-file.ts';
import type { Mode } from '../policy/policy.ts';
import { parseRegistry } from '../registry/registry-file.ts';
import { reviveRegistry } from './registry-transfer.ts';

export interface RulesFiles {
  readonly policy: string;
  readonly registry: string;
  /** Instead of the policy's mode. */
  readonly mode: Mode | undefined;
}

/** Rules, unless there were errors; each problem is a line. */
export interface RulesReading {
  readonly rules: Rules | null;
  readonly problems: readonly string[];
  /** Of the registry's file: when it was last changed, ms since 1970. */
  readonly registryChangedMs: number;
}

interface RegistryAnswer {
  readonly registry: unknown;
  readonly kept: readonly Issue[];
  readonly errorCount: number;
}

const WORKER = new URL('./registry-worker.js', import.meta.url);

/** Reads both files. Never rejects. */
export async function readRules(files: RulesFiles): Promise<RulesReading> {
  try {
    const { mtimeMs } = await stat(files.registry);
    const policyReading = parsePolicy(await readFile(files.policy), files.policy);
    const answer = await readRegistryAside(await readFile(files.registry), files.registry);
    const problems = [...policyReading.issues.kept, ...answer.kept].map(formatIssue);
    const { policy } = policyReading;
    if (policy === undefined || answer.registry === null) return { rules: null, problems, registryChangedMs: mtimeMs };
    const rules = { policy, registry: reviveRegistry(answer.registry), mode: files.mode ?? policy.mode };
    return { rules, problems, registryChangedMs: mtimeMs };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { rules: null, problems: [problem], registryChangedMs: NaN };
  }
}

/** In a thread where this program is compiled; its source, as tests run it, has no file that a thread could load. */
function readRegistryAside(bytes: Uint8Array, file: string): Promise<RegistryAnswer> {
  if (!existsSync(WORKER)) {
    const { registry, issues } = parseRegistry(bytes, file);
    return Promise.resolve({ registry, kept: issues.kept, errorCount: issues.errorCount });
  }
  return new Promise((resolve, reject) => {
    const worker = new Worker(WORKER, { workerData: { bytes, file } });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => {
      reject(new Error(`reading ${file} ended without an answer`));
    });
  });
}
