/** Runs the built command as a process, from the project's root. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll } from 'vitest';

export const ROOT = resolve(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'dist/bin/sluice.js');
if (!existsSync(MAIN))
  throw new Error('dist/bin/sluice.js is not there: npm run build makes it (npm test does so first)');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Streams {
  /** Bytes for standard input; nothing if missing. */
  readonly input?: Uint8Array;
  /** Descriptor of a file for standard output. */
  readonly stdout?: number;
  readonly cwd?: string;
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

export function start(args: readonly string[], streams: Streams = {}): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], {
    cwd: streams.cwd ?? ROOT,
    env: { ...process.env, ...streams.env },
    stdio: ['pipe', streams.stdout ?? 'pipe', 'pipe'],
  });
}

/** Result of a finished command. */
export async function ended(child: ChildProcess): Promise<Ended> {
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (piece: string) => (said[name] += piece));
  }
  const code = await new Promise<number | null>((end) => child.on('close', end));
  return { code, ...said };
}

export function sluice(args: readonly string[], streams: Streams = {}): Promise<Ended> {
  const child = start(args, streams);
  // A command that does not read its input may end before all of it is written.
  child.stdin!.on('error', () => undefined);
  child.stdin!.end(streams.input);
  return ended(child);
}

/** The output of a command that must succeed. */
export async function sluiceDone(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await sluice(args);
  if (code !== 0) throw new Error(`sluice ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
  return stdout;
}

/** A folder for a test file's outputs, removed after it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-cli-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  return folder;
}

/** The values of JSON Lines; throws if a line is invalid. */
export function jsonLines(text: string): Record<string, unknown>[] {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line is cut');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** A command's JSON object without its provenance, which differs between runs. */
export function withoutProvenance(json: string): string {
  const { provenance, ...rest } = JSON.parse(json) as Record<string, unknown>;
  if (provenance === undefined) throw new Error('no provenance');
  return JSON.stringify(rest);
}

/** Waits until a file exists and has this many lines. */
export async function untilWritten(path: string, lineCount: number): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (existsSync(path) && readFileSync(path, 'utf8').split('\n').length > lineCount) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${path} has not got ${lineCount} lines`);
}
