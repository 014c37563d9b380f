/**
 * The rules with which a daemon starts: those in use before, if they were saved and the files have changed. The files
 * are then reloaded, so that the guard compares them as it would without the restart.
 */
import { problemLine } from '../rules/rules-problem.ts';
import { rulesSha256 } from '../decision/rules.ts';
import { NO_NEEDS } from '../rules/manifest-check.ts';
import type { KeptRules, RulesState } from './rules-state.ts';
import type { FleetBundles } from './fleet-bundles.ts';
import { readRules, type RulesFiles, type RulesReading } from './daemon-rules.ts';

export interface StartingRules {
  readonly reading: RulesReading;
  /** The saved state of the rules that the daemon starts with; null for none. */
  readonly kept: KeptRules | null;
  /** The files contain other rules, which must be reloaded. */
  readonly areOld: boolean;
  /** Why the saved state cannot be used; empty if there is no such problem. */
  readonly problem: string;
}

/** The files of the bundle that is kept; the sensor's own without one, or if it cannot be read. */
export async function startingFiles(bundles: FleetBundles, own: RulesFiles): Promise<RulesFiles> {
  const bundle = bundles.current;
  if (bundle === null) return own;
  const { version, registry } = bundle;
  const files = { ...own, ...bundles.pathsOf(version), needs: NO_NEEDS, bundle: { version, rows: registry.rows } };
  return (await readRules(files)).rules === null ? own : files;
}

/**
 * `reading` is the valid content of the files. `checkpointed`: hash of the rules of the checkpoint that the daemon goes
 * on from, null for none: those are the rules that its flows were decided by, whatever was saved since.
 */
export async function startingRules(
  files: RulesFiles,
  reading: RulesReading,
  state: RulesState | null,
  checkpointed: string | null = null,
): Promise<StartingRules> {
  if (state === null) return { reading, kept: null, areOld: false, problem: '' };
  const { kept, problem } = state.load();
  if (problem !== '') return { reading, kept: null, areOld: false, problem };
  const read = rulesSha256(reading.rules!);
  let reason = '';
  for (const sha256 of new Set([checkpointed, kept?.sha256 ?? null])) {
    if (sha256 === null) continue;
    const inUse = { passedUs: null, confirmed: [], ...kept, sha256 };
    if (sha256 === read) return { reading, kept: inUse, areOld: false, problem: '' };
    const old = await readRules({ ...files, ...state.filesOf(sha256), needs: NO_NEEDS });
    if (old.rules !== null && rulesSha256(old.rules) === sha256)
      // The stamp is that of the operator's files, which are watched.
      return { reading: { ...old, stamp: reading.stamp }, kept: inUse, areOld: true, problem: '' };
    const [first] = old.problems;
    reason ||= first === undefined ? 'they have another hash' : problemLine(first);
  }
  if (reason === '') return { reading, kept: null, areOld: false, problem: '' };
  return { reading, kept: null, areOld: false, problem: `the rules in use before cannot be read: ${reason}` };
}
