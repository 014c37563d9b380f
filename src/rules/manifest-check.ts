/**
 * Checks files against their manifests, and the manifests' signatures against known keys. A manifest that describes
 * both policy and registry binds them: one of them with another version of the other is refused.
 */
import { readFile } from 'node:fs/promises';
import {
  type Manifest,
  MANIFEST_SUFFIX,
  type ManifestPart,
  parseManifest,
  RULES_FILE_KINDS,
  type RulesFileKind,
  signedBytes,
} from './manifest.ts';
import { isSignedBy, type PublicKey } from './signing-key.ts';

/** Requirements on manifests. A manifest that exists is checked in any case. */
export interface ManifestNeeds {
  /** Each file must have a manifest. */
  readonly required: boolean;
  readonly keys: readonly PublicKey[];
  /** The number of the keys that must have signed each manifest. */
  readonly signatures: number;
}

export const NO_NEEDS: ManifestNeeds = { required: false, keys: [], signatures: 0 };

/** A file that was read, with the facts that a manifest states. */
export interface SeenFile {
  readonly kind: RulesFileKind;
  readonly path: string;
  /** Its name in messages. */
  readonly name: string;
  readonly bytes: number;
  readonly rows: number | null;
  readonly sha256: string;
}

/** A manifest that a file has. */
export interface FoundManifest {
  /** The file to which the manifest belongs, by its name. */
  readonly kind: RulesFileKind;
  readonly path: string;
  /** Its name in messages. */
  readonly name: string;
  readonly manifest: Manifest;
  /** Ids of the known keys with a valid signature. */
  readonly signedBy: readonly string[];
}

export interface ManifestsReading {
  readonly found: readonly FoundManifest[];
  readonly problems: readonly ManifestProblem[];
}

/** The reason for which a file is refused, in words. */
export interface ManifestProblem {
  readonly kind: RulesFileKind;
  readonly message: string;
}

/** Checks files against the manifests beside them. Never rejects. */
export async function checkManifests(files: readonly SeenFile[], needs: ManifestNeeds): Promise<ManifestsReading> {
  const found: FoundManifest[] = [];
  const problems: ManifestProblem[] = [];
  const covered = new Set<RulesFileKind>();
  for (const file of files) {
    const refuse = (message: string): void => void problems.push({ kind: file.kind, message });
    const bytes = await readManifest(file.path + MANIFEST_SUFFIX, refuse);
    if (bytes === null) continue;
    const { manifest, problems: mistakes } = parseManifest(bytes);
    for (const problem of mistakes) refuse(`its manifest ${file.name}${MANIFEST_SUFFIX} cannot be used: ${problem}`);
    if (manifest === null) continue;
    if (manifest[file.kind] === undefined) refuse(`its manifest ${file.name}${MANIFEST_SUFFIX} does not describe it`);
    compareParts(manifest, files, file, problems);
    const signedBy = checkSignatures(manifest, needs, refuse);
    for (const kind of RULES_FILE_KINDS) if (manifest[kind] !== undefined) covered.add(kind);
    const name = file.name + MANIFEST_SUFFIX;
    found.push({ kind: file.kind, path: file.path + MANIFEST_SUFFIX, name, manifest, signedBy });
  }
  for (const { kind, name } of files) {
    if (!needs.required || covered.has(kind) || problems.some((problem) => problem.kind === kind)) continue;
    problems.push({ kind, message: `has no manifest (${name}${MANIFEST_SUFFIX}), and one is required` });
  }
  return { found, problems };
}

async function readManifest(path: string, refuse: (message: string) => void): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // ENOTDIR: a part of the path is not a folder, so there is no manifest either.
    if (code !== 'ENOENT' && code !== 'ENOTDIR') refuse(`its manifest cannot be read: ${message}`);
    return null;
  }
}

function compareParts(
  manifest: Manifest,
  files: readonly SeenFile[],
  owner: SeenFile,
  problems: ManifestProblem[],
): void {
  for (const kind of RULES_FILE_KINDS) {
    const part = manifest[kind];
    const seen = files.find((file) => file.kind === kind);
    if (part === undefined || seen === undefined) continue;
    const differences = differencesOf(part, seen);
    if (differences.length === 0) continue;
    const which = `${owner.name}${MANIFEST_SUFFIX} (version ${manifest.version})`;
    problems.push({ kind, message: `does not match the manifest ${which}: ${differences.join('; ')}` });
  }
}

function differencesOf(part: ManifestPart, seen: SeenFile): string[] {
  const differences: string[] = [];
  const add = (what: string, expected: number | string | undefined, found: number | string | null): void => {
    if (expected !== undefined && found !== null && expected !== found)
      differences.push(`${what} expected ${expected}, seen ${found}`);
  };
  add('rows', part.rows, seen.rows);
  add('bytes', part.bytes, seen.bytes);
  add('sha256', part.sha256, seen.sha256);
  return differences;
}

/** Ids of the known keys with a valid signature. An invalid signature of a known key is refused. */
function checkSignatures(manifest: Manifest, needs: ManifestNeeds, refuse: (message: string) => void): string[] {
  const signed = signedBytes(manifest);
  const holds = new Set<string>();
  const unknown: string[] = [];
  for (const { key: id, signature } of manifest.signatures) {
    const key = needs.keys.find((known) => known.id === id);
    if (key === undefined) unknown.push(id);
    else if (isSignedBy(signed, signature, key)) holds.add(id);
    else refuse(`the signature of key ${id} in its manifest is not valid`);
  }
  if (holds.size < needs.signatures) {
    const others = unknown.length === 0 ? '' : `; ${unknown.join(', ')} is not a known key`;
    const by = holds.size === 0 ? '' : ` (${[...holds].join(', ')})`;
    refuse(`its manifest needs ${needs.signatures} signatures by known keys, and has ${holds.size}${by}${others}`);
  }
  return [...holds];
}
