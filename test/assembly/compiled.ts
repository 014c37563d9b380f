/**
 * Compiles an entry of the dataplane for a test and gives its exports: the release build, or the debug build, in which each access is
 * checked (checked-memory).
 */
import { readFileSync } from 'node:fs';
import { type Build, built, textOf } from './built-entry.mjs';
import { checkedMemory } from './checked-memory.mjs';

export type { Build };

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
