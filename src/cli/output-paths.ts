/**
 * The files that a replay writes, checked before a capture is read: each output has a place of its own, no output is an input, and a
 * file that exists is only overwritten with --force.
 */
import { realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CommandError, ExitCode } from './exit-code.ts';

const OUTPUTS = ['decisions', 'flows', 'forwarded', 'dropped'] as const;

export type OutputPaths = Readonly<Partial<Record<(typeof OUTPUTS)[number], string>>>;

export const STANDARD_OUTPUT = '-';

/** Other names of standard output. Opened by name, a redirected file would be written from its beginning, over other output. */
const NAMES_OF_STANDARD_OUTPUT = ['/dev/stdout', '/dev/fd/1', '/proc/self/fd/1'];
/** Descriptors that the caller has opened: what they lead to is the caller's decision. */
const DESCRIPTOR = /^(?:\/dev\/(?:stderr$|fd\/)|\/proc\/self\/fd\/)/;

/** The flags, with `-` for every name of standard output. */
export function withStandardOutput<Flags extends OutputPaths>(flags: Flags): Flags {
  const named = OUTPUTS.filter((flag) => NAMES_OF_STANDARD_OUTPUT.includes(flags[flag] ?? ''));
  return { ...flags, ...Object.fromEntries(named.map((flag) => [flag, STANDARD_OUTPUT])) };
}

export function usesStandardOutput(paths: OutputPaths): boolean {
  return OUTPUTS.some((flag) => paths[flag] === STANDARD_OUTPUT);
}

/** Throws CommandError where two outputs want standard output. */
export function checkStandardOutput(paths: OutputPaths, json: boolean): void {
  const taken = OUTPUTS.filter((flag) => paths[flag] === STANDARD_OUTPUT).map((flag) => `--${flag} -`);
  if (json) taken.push('--json');
  if (taken.length > 1)
    throw new CommandError(`${taken.join(' and ')} both want standard output`, ExitCode.WRONG_USAGE);
}

/** Throws CommandError where an output would overwrite an input, another output, or, without `force`, any file. */
export async function checkOverwriting(
  paths: OutputPaths,
  inputs: readonly (string | undefined)[],
  force: boolean,
): Promise<void> {
  const takers = new Map<string, string>();
  for (const input of inputs) {
    const file = input === undefined ? null : await regularFile(input);
    if (file !== null) takers.set(file.path, 'is read too');
  }
  const existing: string[] = [];
  for (const flag of OUTPUTS) {
    const path = paths[flag];
    const file = path === undefined || path === STANDARD_OUTPUT ? null : await regularFile(path);
    if (file === null || path === undefined) continue;
    const taken = takers.get(file.path);
    if (taken !== undefined) throw new CommandError(`--${flag} ${path}: this file ${taken}`, ExitCode.WRONG_USAGE);
    takers.set(file.path, `is written by --${flag} too`);
    if (file.exists && !DESCRIPTOR.test(path)) existing.push(`--${flag} ${path}`);
  }
  if (existing.length === 0 || force) return;
  const what = existing.length === 1 ? 'the file exists' : 'these files exist';
  throw new CommandError(`${existing.join(', ')}: ${what}; --force overwrites`, ExitCode.WRONG_USAGE);
}

/** The path with its links followed; null where something is there that is no regular file, like a pipe or a device. */
async function regularFile(path: string): Promise<{ path: string; exists: boolean } | null> {
  try {
    return (await stat(path)).isFile() ? { path: await realpath(path), exists: true } : null;
  } catch {
    return { path: resolve(path), exists: false };
  }
}
