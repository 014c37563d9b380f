/**
 * The files of a daemon's state as they are on disk now, one by one: whether each is whole, its size and its age, and
 * those that were set aside. Names are without folders, for readers of the console.
 */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FILE_ENDINGS } from '../history/store/database.ts';
import { IN_MEMORY } from '../history/store/in-memory.ts';
import type { StateFileHealth, StateHealth } from '../web/api/health-schema.ts';
import { codeOf, type StateFile } from './state-file.ts';

export interface StateListParts {
  /** The folder of state; null for none. */
  readonly folder: string | null;
  readonly files: () => readonly StateFile[];
  readonly history: { readonly path: string; readonly problem: string | null };
}

/** A list is made no more often. */
const KEPT_MS = 2000;
/** Files that were set aside are listed up to this number, the newest first. */
const MOST_ASIDE = 20;
const ASIDE = /\.broken(-.*)?$/;
/** Parts of a database, which are counted with it. */
const PART = /-(wal|shm)$/;
const RULES_COPY = /^rules-[0-9a-f]{64}\.(policy\.yaml|registry\.csv)$/;
const OLDER = 'breaker.json';

export class StateList {
  private readonly parts: StateListParts;
  private made: Promise<StateHealth> | null = null;
  private madeMs = -Infinity;

  constructor(parts: StateListParts) {
    this.parts = parts;
  }

  list(nowMs = performance.now()): Promise<StateHealth> {
    if (this.made === null || nowMs - this.madeMs >= KEPT_MS) {
      this.madeMs = nowMs;
      this.made = this.make();
    }
    return this.made;
  }

  private async make(): Promise<StateHealth> {
    const { folder, files, history } = this.parts;
    const named = folder === null ? [] : files();
    const known = await Promise.all(named.map((file) => healthOf(file)));
    const folders = new Set([
      ...(folder === null ? [] : [folder]),
      ...(history.path === IN_MEMORY ? [] : [dirname(history.path)]),
    ]);
    const others: StateFileHealth[] = [];
    const aside: StateFileHealth[] = [];
    for (const one of folders)
      for (const name of await namesIn(one)) {
        const isHistory = name.startsWith(`${basename(history.path)}.`);
        // A history may lie in a folder with files of others.
        if (ASIDE.test(name) && (one === folder || isHistory)) aside.push(await found(one, name, 'aside', 'set-aside'));
        else if (one === folder && (RULES_COPY.test(name) || name === OLDER))
          others.push(await found(one, name, name === OLDER ? 'older' : 'rules-copy', 'ok'));
      }
    aside.sort((a, b) => (b.written_ms ?? 0) - (a.written_ms ?? 0));
    if (history.path !== IN_MEMORY) known.push(await historyHealth(history.path, history.problem));
    return {
      kept: folder !== null,
      files: [...known, ...others, ...aside.slice(0, MOST_ASIDE)],
      more: Math.max(0, aside.length - MOST_ASIDE),
    };
  }
}

async function healthOf(file: StateFile): Promise<StateFileHealth> {
  const { state, code } = await file.look();
  const entry = await found(dirname(file.path), basename(file.path), file.what, state);
  if (state === 'missing') return { ...entry, state, code: file.problem };
  return file.problem === null ? { ...entry, code } : { ...entry, state: 'not-written', code: file.problem };
}

async function historyHealth(path: string, problem: string | null): Promise<StateFileHealth> {
  const entry = await found(dirname(path), basename(path), 'history', 'ok');
  const sizes = await Promise.all(FILE_ENDINGS.slice(1).map((ending) => sizeOf(path + ending)));
  const bytes = entry.bytes === null ? null : sizes.reduce((sum, size) => sum + size, entry.bytes);
  return { ...entry, bytes, state: problem !== null && entry.state === 'ok' ? 'not-written' : entry.state };
}

async function found(
  folder: string,
  name: string,
  what: StateFileHealth['what'],
  state: StateFileHealth['state'],
): Promise<StateFileHealth> {
  try {
    const { size, mtimeMs } = await stat(join(folder, name));
    return { name, what, state, code: null, bytes: size, written_ms: mtimeMs };
  } catch (error) {
    const code = codeOf(error);
    const isMissing = code === 'ENOENT';
    return { name, what, state: isMissing ? 'missing' : 'unreadable', code, bytes: null, written_ms: null };
  }
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

/** None of a folder that cannot be listed: its files say why. */
async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).then(
    (names) => names.filter((name) => !PART.test(name)).sort(),
    () => [],
  );
}
