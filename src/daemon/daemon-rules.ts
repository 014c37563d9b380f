/** Loads the daemon's rules: policy and registry are read outside the packet path, and all problems are reported. */
import { existsSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import type { Issue } from '../core/issue.ts';
import type { Rules, RulesVersions } from '../decision/rules.ts';
import { parsePolicy } from '../policy/policy-file.ts';
import type { Mode } from '../policy/mode.ts';
import type { AddressForm } from '../output/event/address-forms.ts';
import { parseRegistry } from '../registry/file/registry-file.ts';
import { policyBytes, registryBytes } from '../rules/rules-bytes.ts';
import { MANIFEST_SUFFIX, RULES_FILE_KINDS, type RulesFileKind } from '../rules/manifest.ts';
import { checkManifests, type FoundManifest, type ManifestNeeds, type SeenFile } from '../rules/manifest-check.ts';
import { ofFile, ofIssue, placeless, type RulesProblem, rulesProblem } from '../rules/rules-problem.ts';
import type { RulesSources } from './rules-state.ts';
import { reviveRegistry } from '../registry/registry-transfer.ts';

export interface RulesFiles {
  readonly policy: string;
  readonly registry: string;
  /** Overrides the policy's mode. */
  readonly mode: Mode | undefined;
  /** Which manifests are required. */
  readonly needs: ManifestNeeds;
  /** How addresses are shown. If they are hidden, problems are reported without addresses, by their position alone. */
  readonly addresses: AddressForm;
  /** The bundle of the fleet that these are; its rows are checked, and it is the version of both files. */
  readonly bundle?: { readonly version: number; readonly rows: number };
}

/** The rules, unless there were errors. */
export interface RulesReading {
  readonly rules: Rules | null;
  readonly problems: readonly RulesProblem[];
  /** Time of the last change of the registry's file, ms since 1970. */
  readonly registryChangedMs: number;
  /** The state of the files before they were read: see `stampOf`. */
  readonly stamp: string;
  /** The contents of the files; null if there are no rules. */
  readonly sources: RulesSources | null;
}

interface RegistryAnswer {
  readonly registry: unknown;
  readonly kept: readonly Issue[];
  readonly errorCount: number;
  readonly sha256: string;
  readonly rows: number;
}

const WORKER = new URL('./registry-worker.js', import.meta.url);

/** Reads both files and their manifests. Never rejects. */
export async function readRules(files: RulesFiles): Promise<RulesReading> {
  const stamp = stampOf(files);
  try {
    const { mtimeMs } = await stat(files.registry);
    const sources = { policy: await policyBytes(files.policy), registry: await registryBytes(files.registry) };
    const policyReading = parsePolicy(sources.policy, files.policy);
    const registryLength = sources.registry.length;
    const answer = await readRegistryAside(sources.registry, files.registry);
    const seen = (kind: RulesFileKind, bytes: number, rows: number | null, sha256: string): SeenFile => {
      const path = files[kind];
      return { kind, path, name: path, bytes, rows, sha256 };
    };
    const manifests = await checkManifests(
      [
        seen('policy', sources.policy.length, null, policyReading.sha256),
        seen('registry', registryLength, answer.rows, answer.sha256),
      ],
      files.needs,
    );
    const isHidden = files.addresses !== 'plain';
    const problems = [
      ...[...policyReading.issues.kept, ...answer.kept].map((issue) => ofIssue(issue, isHidden)),
      ...manifests.problems.map(({ kind, message }) => ofFile(files[kind], rulesProblem('in-rules-file', message))),
    ];
    const { policy } = policyReading;
    const { bundle } = files;
    const isWhole = bundle === undefined || bundle.rows === answer.rows;
    if (!isWhole)
      problems.push(ofFile(files.registry, rulesProblem('rows-signed', String(answer.rows), String(bundle.rows))));
    if (!isWhole || policy === undefined || answer.registry === null || manifests.problems.length > 0)
      return { rules: null, problems, registryChangedMs: mtimeMs, stamp, sources: null };
    const rules = {
      policy,
      registry: reviveRegistry(answer.registry),
      mode: files.mode ?? policy.mode,
      versions:
        bundle === undefined ? versionsOf(manifests.found) : { policy: bundle.version, registry: bundle.version },
    };
    return { rules, problems, registryChangedMs: mtimeMs, stamp, sources };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const problems = [placeless(rulesProblem('rules-unreadable', said))];
    return { rules: null, problems, registryChangedMs: NaN, stamp, sources: null };
  }
}

/** A text that changes when one of the files or manifests is replaced or written. */
export function stampOf({ policy, registry }: Pick<RulesFiles, RulesFileKind>): string {
  return [policy, registry].flatMap((path) => [fileStamp(path), fileStamp(path + MANIFEST_SUFFIX)]).join('|');
}

/** The same for one file. */
export function fileStamp(path: string): string {
  try {
    const { ino, size, mtimeMs } = statSync(path);
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    return 'missing';
  }
}

/** The version of each file from its manifest. A separate manifest takes precedence over a shared one. */
function versionsOf(found: readonly FoundManifest[]): RulesVersions {
  const versions: { policy: number | null; registry: number | null } = { policy: null, registry: null };
  for (const { kind, manifest } of found) versions[kind] = manifest.version;
  for (const { manifest } of found) {
    for (const kind of RULES_FILE_KINDS) if (manifest[kind] !== undefined) versions[kind] ??= manifest.version;
  }
  return versions;
}

/** Uses a thread if this program is compiled; a thread cannot load the TypeScript source that tests run. */
function readRegistryAside(bytes: Uint8Array, file: string): Promise<RegistryAnswer> {
  if (!existsSync(WORKER)) {
    const { registry, issues, sha256, rows } = parseRegistry(bytes, file);
    return Promise.resolve({ registry, kept: issues.kept, errorCount: issues.errorCount, sha256, rows });
  }
  return new Promise((resolve, reject) => {
    const worker = new Worker(WORKER, { workerData: { bytes, file } });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => {
      reject(new Error(`reading ${file} ended without a result`));
    });
  });
}
