/** Sets a broken database aside under another name, so that a new one can be begun and the old one be examined. */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { FILE_ENDINGS } from './database.ts';

/** A history that was given up. What it had counted is missing in the one that was begun then. */
export interface SetAside {
  /** When it was found broken, ms since 1970. */
  readonly atMs: number;
  /** Where it is now; null where nothing is left of it. */
  readonly file: string | null;
  readonly problem: string;
}

/** Older ones are removed: a disk that breaks files again and again must not be filled. */
const MOST_KEPT = 5;
const MARK = '.broken-';

export function setAside(path: string, problem: string, atMs: number): SetAside {
  const stamp = new Date(atMs).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  let file = `${path}${MARK}${stamp}`;
  for (let number = 2; existsSync(file); number++) file = `${path}${MARK}${stamp}-${number}`;
  for (const ending of FILE_ENDINGS) if (existsSync(path + ending)) renameSync(path + ending, file + ending);
  removeOldest(path);
  return { atMs, file, problem };
}

function removeOldest(path: string): void {
  const folder = dirname(path);
  const before = `${basename(path)}${MARK}`;
  const kept = readdirSync(folder)
    .filter((name) => name.startsWith(before) && !/-(wal|shm)$/.test(name))
    .sort();
  for (const name of kept.slice(0, -MOST_KEPT))
    for (const ending of FILE_ENDINGS) rmSync(join(folder, name + ending), { force: true });
}
