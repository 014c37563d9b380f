/** `sluice rules`: creates keys, writes signed manifests, and verifies them. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { formatIssue } from '../core/issue.ts';
import {
  type Manifest,
  MANIFEST_SUFFIX,
  manifestText,
  parseManifest,
  RULES_FILE_KINDS,
  signedBytes,
} from '../rules/manifest.ts';
import { nextManifest } from '../rules/next-manifest.ts';
import { KeyFileError, makeKeyFiles, readPrivateKey, signBytes } from '../rules/signing-key.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import {
  applyManifests,
  type PolicyReading,
  readPolicy,
  readRegistry,
  type RegistryReading,
} from '../rules/load-rules.ts';
import { type ManifestFlags, manifestNeeds } from './manifest-flags.ts';

export interface SignFlags {
  readonly policy?: string;
  readonly registry?: string;
  readonly key?: string;
  readonly manifestVersion?: number;
}

export interface VerifyFlags extends ManifestFlags {
  readonly policy?: string;
  readonly registry?: string;
}

export function keygen(file: string): ExitCode {
  try {
    const id = makeKeyFiles(file);
    process.stdout.write(`key ${id}: ${file} (keep it secret), ${file}.pub\n`);
    return ExitCode.DONE;
  } catch (error) {
    if (error instanceof KeyFileError) throw new CommandError(error.message, ExitCode.FAILED);
    throw error;
  }
}

/** Only valid files are signed. */
export async function signRules(flags: SignFlags): Promise<ExitCode> {
  const readings = await readFiles(flags);
  if (!areValid(readings)) return ExitCode.INVALID_RULES;
  const seen = readings.map((reading) => reading.seen);
  const path = (seen.find(({ kind }) => kind === 'registry') ?? seen[0]!).path + MANIFEST_SUFFIX;
  const key = flags.key === undefined ? null : usable(() => readPrivateKey(flags.key!));
  const before = existsSync(path) ? manifestAt(path) : null;
  const manifest = nextManifest(seen, before, flags.manifestVersion);
  const signatures = manifest.signatures.filter(({ key: id }) => id !== key?.id);
  if (key !== null) signatures.push({ key: key.id, signature: signBytes(signedBytes(manifest), key) });
  writeFileSync(`${path}.new`, manifestText({ ...manifest, signatures }));
  renameSync(`${path}.new`, path);
  if (before !== null && before.version !== manifest.version)
    process.stderr.write(`${path}: replaces ${shownManifest(before)}\n`);
  process.stdout.write(`${path}: version ${manifest.version}, ${signersOf(signatures)}\n`);
  return ExitCode.DONE;
}

/** What a manifest describes, and its signers: shown where another takes its place. */
function shownManifest({ version, policy, registry, signatures }: Manifest): string {
  const parts = [
    ...(registry === undefined ? [] : [`a registry of ${registry.rows ?? 0} rows`]),
    ...(policy === undefined ? [] : ['a policy']),
  ];
  return `version ${version}, of ${parts.join(' and ')}, ${signersOf(signatures)}`;
}

function signersOf(signatures: Manifest['signatures']): string {
  return signatures.length === 0 ? 'no signature' : `signed by ${signatures.map(({ key }) => key).join(', ')}`;
}

export async function verifyRules(flags: VerifyFlags): Promise<ExitCode> {
  const needs = { ...manifestNeeds(flags), required: true };
  const readings = await readFiles(flags);
  const { found } = await applyManifests(readings, needs);
  const isValid = areValid(readings);
  for (const { path, manifest, signedBy } of found) {
    const parts = RULES_FILE_KINDS.filter((kind) => manifest[kind] !== undefined).join(' and ');
    const unchecked = manifest.signatures.filter(({ key }) => !signedBy.includes(key)).map(({ key }) => key);
    process.stdout.write(`${path}: version ${manifest.version} of ${manifest.created}, ${parts}\n`);
    for (const id of signedBy) process.stdout.write(`${path}: signed by key ${id}\n`);
    for (const id of unchecked)
      process.stdout.write(`${path}: names key ${id}, which is not among --rules-keys or did not sign this\n`);
  }
  if (isValid) for (const { seen } of readings) process.stdout.write(`${seen.name}: matches its manifest\n`);
  return isValid ? ExitCode.DONE : ExitCode.INVALID_RULES;
}

async function readFiles(flags: {
  readonly policy?: string;
  readonly registry?: string;
}): Promise<(PolicyReading | RegistryReading)[]> {
  const readings: (PolicyReading | RegistryReading)[] = [];
  if (flags.policy !== undefined) readings.push(await readPolicy(flags.policy));
  if (flags.registry !== undefined) readings.push(await readRegistry(flags.registry));
  if (readings.length > 0) return readings;
  throw new CommandError('--policy FILE, --registry FILE or both are needed', ExitCode.WRONG_USAGE);
}

/** Prints the errors. */
function areValid(readings: readonly (PolicyReading | RegistryReading)[]): boolean {
  for (const { issues } of readings) {
    for (const issue of issues.kept) if (issue.severity === 'error') process.stderr.write(`${formatIssue(issue)}\n`);
  }
  return readings.every(({ issues }) => issues.ok);
}

function manifestAt(path: string): Manifest {
  const { manifest, problems } = parseManifest(readFileSync(path));
  if (manifest !== null) return manifest;
  const reasons = problems.join('; ');
  throw new CommandError(`${path} is there and cannot be used: ${reasons}; move it aside`, ExitCode.WRONG_USAGE);
}

function usable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof KeyFileError) throw new CommandError(error.message, ExitCode.WRONG_USAGE);
    throw error;
  }
}
