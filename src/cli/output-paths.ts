/**
 * Checks output files before a capture is read: each output has its own file, no output is an input,
 * and an existing file is only overwritten with --force.
 */
import { statSync } from 'node:fs';
import { readdir, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { isMadeBeside } from '../output/capture/split-pcap.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import { isSidecar, SIDECAR_SUFFIX } from '../output/provenance/sidecar.ts';

const OUTPUTS = ['decisions', 'flows', 'forwarded', 'dropped', 'changes', 'annotate', 'report'] as const;
/** The outputs that are captures. */
const CAPTURES = ['forwarded', 'dropped'] as const;

export type OutputPaths = Readonly<Partial<Record<(typeof OUTPUTS)[number], string>>>;

export const STANDARD_OUTPUT = '-';

/** Other names of standard output. Opened by such a name, a redirected file would be overwritten from its beginning. */
const NAMES_OF_STANDARD_OUTPUT = ['/dev/stdout', '/dev/fd/1', '/proc/self/fd/1'];
/** Descriptors opened by the caller, who decides where they lead. */
const DESCRIPTOR = /^(?:\/dev\/(?:stderr$|fd\/)|\/proc\/self\/fd\/)/;

/** The flags, with `-` for every name of standard output. */
export function withStandardOutput<Flags extends OutputPaths>(flags: Flags): Flags {
  const named = OUTPUTS.filter((flag) => NAMES_OF_STANDARD_OUTPUT.includes(flags[flag] ?? ''));
  return { ...flags, ...Object.fromEntries(named.map((flag) => [flag, STANDARD_OUTPUT])) };
}

export function usesStandardOutput(paths: OutputPaths): boolean {
  return OUTPUTS.some((flag) => paths[flag] === STANDARD_OUTPUT);
}

/** The outputs that are files of their own: not standard output, a pipe or a device. Each gets a record beside it. */
export function outputFiles(paths: OutputPaths): { flag: string; path: string }[] {
  return OUTPUTS.flatMap((flag) => {
    const path = paths[flag];
    return path !== undefined && isOwnFile(path) ? [{ flag, path }] : [];
  });
}

function isOwnFile(path: string): boolean {
  if (path === STANDARD_OUTPUT || DESCRIPTOR.test(path)) return false;
  return statSync(path, { throwIfNoEntry: false })?.isFile() !== false;
}

/** Throws CommandError if two outputs use standard output. */
export function checkStandardOutput(paths: OutputPaths, json: boolean): void {
  const taken = OUTPUTS.filter((flag) => paths[flag] === STANDARD_OUTPUT).map((flag) => `--${flag} -`);
  if (json) taken.push('--json');
  if (taken.length > 1)
    throw new CommandError(`${taken.join(' and ')} both want standard output`, ExitCode.WRONG_USAGE);
}

/** True if packets go into one pcapng file: by its name, or because a pipe cannot be split by link type. */
export function isPcapngPath(path: string): boolean {
  if (path === STANDARD_OUTPUT || extname(path).toLowerCase() === '.pcapng') return true;
  return statSync(path, { throwIfNoEntry: false })?.isFile() === false;
}

/**
 * Throws CommandError if an output's folder does not exist, or if it would overwrite an input, another output or,
 * without `force`, any file.
 */
export async function checkOverwriting(
  paths: OutputPaths,
  inputs: readonly (string | undefined)[],
  force: boolean,
): Promise<void> {
  await checkFolders(paths);
  /** The use of each file in the run, by its path and by its identity. */
  const uses = new Map<string, string>();
  const use = ({ path, identity }: RegularFile, what: string): void => {
    uses.set(path, what);
    if (identity !== null) uses.set(identity, what);
  };
  for (const input of inputs) {
    const file = input === undefined ? null : await regularFile(input);
    if (file !== null) use(file, 'is read too');
  }
  const existing: string[] = [];
  for (const flag of OUTPUTS) {
    const path = paths[flag];
    const file = path === undefined || path === STANDARD_OUTPUT ? null : await regularFile(path);
    if (file === null || path === undefined) continue;
    const other = useOf(file, uses);
    if (other !== undefined) throw new CommandError(`--${flag} ${path}: this file ${other}`, ExitCode.WRONG_USAGE);
    use(file, `is written by --${flag} too`);
    if (file.exists && !DESCRIPTOR.test(path)) existing.push(`--${flag} ${path}`);
  }
  for (const flag of CAPTURES) {
    const path = paths[flag];
    if (path !== undefined && !isPcapngPath(path)) existing.push(...(await existingBeside(flag, path, uses)));
  }
  for (const { flag, path } of outputFiles(paths)) existing.push(...(await existingInPlaceOfRecord(flag, path, uses)));
  if (existing.length === 0 || force) return;
  const what = existing.length === 1 ? 'the file exists' : 'these files exist';
  throw new CommandError(`${existing.join(', ')}: ${what}; --force overwrites`, ExitCode.WRONG_USAGE);
}

/** Throws CommandError if an output is a folder, or if its folder does not exist. */
export async function checkFolders(paths: OutputPaths): Promise<void> {
  for (const flag of OUTPUTS) {
    const path = paths[flag];
    if (path === undefined || path === STANDARD_OUTPUT) continue;
    try {
      await stat(dirname(path));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT')
        throw new CommandError(`cannot write ${path}: its folder does not exist`, ExitCode.WRONG_USAGE);
    }
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true)
      throw new CommandError(`--${flag} ${path}: this is a folder; give the name of a file`, ExitCode.WRONG_USAGE);
  }
}

/**
 * Existing files for packets of other link types (output/capture/split-pcap). Throws if one of them has another use.
 */
async function existingBeside(flag: string, path: string, uses: ReadonlyMap<string, string>): Promise<string[]> {
  const existing: string[] = [];
  const refuseUsed = (beside: string, use: string | undefined): void => {
    const what = `--${flag} ${path}: ${beside}, made beside it for packets of another link type,`;
    if (use !== undefined) throw new CommandError(`${what} ${use}`, ExitCode.WRONG_USAGE);
  };
  for (const name of await namesIn(dirname(path))) {
    const beside = join(dirname(path), name);
    const file = isMadeBeside(path, beside) ? await regularFile(beside) : null;
    if (file === null) continue;
    refuseUsed(beside, useOf(file, uses));
    existing.push(`--${flag} ${beside}`);
  }
  for (const [file, use] of uses) if (isMadeBeside(path, file)) refuseUsed(file, use);
  return existing;
}

/**
 * A file in the place of the record beside an output (provenance/sidecar) that is no record. Throws if the record's
 * name has another use.
 */
async function existingInPlaceOfRecord(
  flag: string,
  path: string,
  uses: ReadonlyMap<string, string>,
): Promise<string[]> {
  const record = path + SIDECAR_SUFFIX;
  const file = await regularFile(record);
  const use = file === null ? 'is not a regular file' : useOf(file, uses);
  if (use !== undefined)
    throw new CommandError(`--${flag} ${path}: ${record}, the record beside it, ${use}`, ExitCode.WRONG_USAGE);
  return file?.exists === true && !isSidecar(record) ? [`--${flag} ${path}: ${record}`] : [];
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch {
    // A missing folder is reported when the file is created.
    return [];
  }
}

interface RegularFile {
  /** With its links resolved. */
  readonly path: string;
  /** What all names of an existing file, also hard links, have in common. Null if it does not exist. */
  readonly identity: string | null;
  readonly exists: boolean;
}

function useOf({ path, identity }: RegularFile, uses: ReadonlyMap<string, string>): string | undefined {
  return uses.get(path) ?? (identity === null ? undefined : uses.get(identity));
}

/** Null for something other than a regular file, like a pipe or a device. */
async function regularFile(path: string): Promise<RegularFile | null> {
  try {
    const found = await stat(path);
    if (!found.isFile()) return null;
    return { path: await realpath(path), identity: `${found.dev}:${found.ino}`, exists: true };
  } catch {
    return { path: await pathOfNew(path), identity: null, exists: false };
  }
}

/** Links that are followed at most, as Linux does. */
const LINK_LIMIT = 40;

/** The path of the file that is created where this one is opened: a link may lead to a file that does not exist yet. */
export async function pathOfNew(path: string): Promise<string> {
  let place = resolve(path);
  for (let link = 0; link < LINK_LIMIT; link++) {
    const folder = await realpath(dirname(place)).catch(() => dirname(place));
    place = join(folder, basename(place));
    const target = await readlink(place).catch(() => null);
    if (target === null) break;
    place = resolve(folder, target);
  }
  return place;
}
