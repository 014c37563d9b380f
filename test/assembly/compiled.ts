/**
 * Compiles an entry of the dataplane for a test and gives its exports: the release build, or the debug build, in which each access is
 * checked (checked-memory).
 */
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { checkedMemory } from './checked-memory.ts';

const SOURCE = 'src/dataplane/assembly';
const ENTRIES = 'test/assembly/entries';
const CACHE = 'node_modules/.cache/assembly';

export type Build = 'release' | 'debug';

/** Exported functions by name: numbers in and out. */
export type Exports<Name extends string> = Readonly<Record<Name, (...numbers: number[]) => number>>;

export interface Compiled<Name extends string> {
  readonly memory: WebAssembly.Memory;
  readonly exports: Exports<Name>;
}

/** An instance of `test/assembly/entries/NAME.ts` with memory of its own. */
export async function compiled<Name extends string>(name: string, build: Build = 'release'): Promise<Compiled<Name>> {
  const wasm = readFileSync(built(name, build));
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 65_536, shared: true });
  const { env, ...host } = build === 'debug' ? checkedMemory() : {};
  const { instance } = await WebAssembly.instantiate(wasm, {
    ...host,
    env: { ...env, memory, abort },
    'heap-host': { heapStart: new WebAssembly.Global({ value: 'i32' }, 0) },
  });
  return { memory, exports: instance.exports as Exports<Name> };
}

function abort(): never {
  throw new Error('the dataplane has aborted');
}

/** The optimised WebAssembly of an entry as text. */
export function compiledText(name: string): string {
  return readFileSync(textOf(built(name, 'release')), 'utf8');
}

function textOf(file: string): string {
  return file.replace(/wasm$/, 'wat');
}

/** The file of a build; that of its text lies beside it. */
function built(name: string, build: Build): string {
  const file = join(CACHE, `${name}-${build}-${hashOfSources()}.wasm`);
  if (existsSync(file)) return file;
  mkdirSync(CACHE, { recursive: true });
  const made = `${file}.${process.pid}.wasm`;
  const entry = join(ENTRIES, `${name}.ts`);
  const output = ['--outFile', made, '--textFile', textOf(made)];
  const flags = ['--config', `${SOURCE}/asconfig.json`, '--target', build, ...output];
  execFileSync('node_modules/.bin/asc', [entry, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  renameSync(textOf(made), textOf(file));
  renameSync(made, file);
  return file;
}

function hashOfSources(): string {
  const hash = createHash('sha256');
  for (const folder of [SOURCE, ENTRIES]) {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
      const path = join(folder, name);
      if (statSync(path).isFile()) hash.update(name).update(readFileSync(path));
    }
  }
  return hash.digest('hex').slice(0, 16);
}
