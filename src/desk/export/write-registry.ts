/**
 * Writes `registry.csv` and its signed manifest into a folder. The new file is read by the engine's own code first, and
 * the guard compares it with the one that is there: where too many registrations would be lost it is held until a
 * person confirms that very file by its hash.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatIssue } from '../../core/issue.ts';
import { micros } from '../../core/units.ts';
import { syncFolder } from '../../output/sync-folder.ts';
import { compareCoverage } from '../../registry/coverage-change.ts';
import { readRegistry, type RegistryReading } from '../../rules/load-rules.ts';
import { MANIFEST_SUFFIX, manifestText, parseManifest, signedBytes } from '../../rules/manifest.ts';
import { nextManifest } from '../../rules/next-manifest.ts';
import { type PublicKey, signBytes } from '../../rules/signing-key.ts';
import { type DeskDatabase, row, run } from '../store/desk-database.ts';
import { writeRegistryText } from './registry-text.ts';

export const REGISTRY_NAME = 'registry.csv';
/** A writing that was killed leaves such a file; the next one removes it. */
const FRESH = `${REGISTRY_NAME}.new-`;
/** Beyond both, an export is held. */
const LOST_SHARE = 0.1;
const LOST_FLOOR = 10;

export type ExportState = 'written' | 'unchanged' | 'held' | 'failed';

export interface ExportResult {
  readonly state: ExportState;
  readonly rows: number;
  readonly sha256: string;
  /** Why it is held, or failed. */
  readonly problem: string | null;
}

export interface ExportPlace {
  readonly folder: string;
  /** Each signs it. */
  readonly keys: readonly PublicKey[];
  readonly nowMs: number;
  /** The hash that a person has confirmed against the guard; null for none. */
  readonly confirmed: string | null;
}

export async function writeRegistry(database: DeskDatabase, place: ExportPlace): Promise<ExportResult> {
  const { folder, nowMs } = place;
  mkdirSync(folder, { recursive: true });
  const path = join(folder, REGISTRY_NAME);
  for (const name of readdirSync(folder)) if (name.startsWith(FRESH)) rmSync(join(folder, name), { force: true });
  const fresh = join(folder, `${FRESH}${process.pid}`);
  try {
    const { rows, sha256 } = writeRegistryText(database, fresh, nowMs);
    // What is there already was read and compared when it was written.
    if (isThere(path, sha256, place)) return note(database, { state: 'unchanged', rows, sha256, problem: null }, place);
    const after = await readRegistry(fresh);
    const problem = await problemOf(path, after, nowMs);
    if (problem !== null && (problem.isFault || place.confirmed !== sha256))
      return note(database, { state: problem.isFault ? 'failed' : 'held', rows, sha256, problem: problem.text }, place);
    publish(path, fresh, after.seen, place);
    return note(database, { state: 'written', rows, sha256, problem: null }, place);
  } finally {
    rmSync(fresh, { force: true });
  }
}

/** A reader that comes between the two renames finds a pair that does not match, refuses it, and looks again. */
function publish(path: string, fresh: string, seen: RegistryReading['seen'], { folder, keys }: ExportPlace): void {
  const manifest = nextManifest([seen], manifestAt(path), undefined);
  const signatures = keys.map((key) => ({ key: key.id, signature: signBytes(signedBytes(manifest), key) }));
  const manifestPath = path + MANIFEST_SUFFIX;
  writeFileSync(`${manifestPath}.new`, manifestText({ ...manifest, signatures }), { flush: true });
  renameSync(fresh, path);
  renameSync(`${manifestPath}.new`, manifestPath);
  syncFolder(folder);
}

/** The file and its manifest are there, signed by the keys that sign now. */
function isThere(path: string, sha256: string, { keys }: ExportPlace): boolean {
  const manifest = existsSync(path) ? manifestAt(path) : null;
  const signers = new Set(manifest?.signatures.map(({ key }) => key));
  return (
    manifest?.registry?.sha256 === sha256 && signers.size === keys.length && keys.every(({ id }) => signers.has(id))
  );
}

function manifestAt(path: string): ReturnType<typeof parseManifest>['manifest'] {
  if (!existsSync(path + MANIFEST_SUFFIX)) return null;
  return parseManifest(readFileSync(path + MANIFEST_SUFFIX)).manifest;
}

interface Problem {
  /** The engine would refuse the file: nothing makes up for it. */
  readonly isFault: boolean;
  readonly text: string;
}

async function problemOf(path: string, after: RegistryReading, nowMs: number): Promise<Problem | null> {
  if (after.registry === null) {
    const [first] = after.issues.kept.filter(({ severity }) => severity === 'error');
    return { isFault: true, text: first === undefined ? 'the file is not valid' : formatIssue(first) };
  }
  if (!existsSync(path)) return null;
  const before = await readRegistry(path);
  if (before.registry === null) return null;
  const timeUs = micros(nowMs * 1000);
  const { lost, inForceBefore } = compareCoverage(
    { registry: before.registry, timeUs },
    { registry: after.registry, timeUs },
  );
  if (lost <= LOST_FLOOR || lost <= LOST_SHARE * inForceBefore) return null;
  return { isFault: false, text: `${lost} of ${inForceBefore} registrations in force would be lost` };
}

function note(database: DeskDatabase, result: ExportResult, { nowMs }: ExportPlace): ExportResult {
  const { state, rows, sha256, problem } = result;
  const last = row<{ readonly state: string; readonly sha256: string }>(
    database,
    'SELECT state, sha256 FROM registry_export ORDER BY id DESC LIMIT 1',
  );
  // The schedule comes to the same result again and again; what was written stays as it is.
  const isKnown =
    last?.sha256 === sha256 && (last.state === state || (last.state === 'written' && state === 'unchanged'));
  if (!isKnown)
    run(
      database,
      'INSERT INTO registry_export (at_ms, state, row_count, sha256, problem) VALUES (?, ?, ?, ?, ?)',
      nowMs,
      state,
      rows,
      sha256,
      problem,
    );
  return result;
}
