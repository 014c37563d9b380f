/** A copy of a desk while it runs, and the way back. */
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { numberOf } from '../history/store/transaction.ts';
import { DATABASE_NAME, openDesk } from './store/desk-database.ts';

const PART = '.part';

/**
 * Copies a desk into a new folder. The database is copied as of one moment; files that it names are there before it
 * names them, and are copied after it. Throws where the folder is there already.
 */
export function backUp(state: string, target: string): void {
  if (existsSync(target)) throw new Error(`${target} exists already, and a backup replaces nothing`);
  if (!existsSync(join(state, DATABASE_NAME))) throw new Error(`${state} has no desk`);
  const part = target + PART;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true, mode: 0o700 });
  const database = openDesk(join(state, DATABASE_NAME));
  try {
    database.prepare('VACUUM INTO ?').run([join(part, DATABASE_NAME)]);
  } finally {
    database.close();
  }
  for (const name of readdirSync(state))
    if (!name.startsWith(DATABASE_NAME)) cpSync(join(state, name), join(part, name), { recursive: true });
  renameSync(part, target);
}

/** Makes a state folder from a backup, which is checked first. Throws where the folder is there already. */
export function restore(backup: string, state: string): void {
  if (existsSync(state)) throw new Error(`${state} exists already: move it away first`);
  if (!existsSync(join(backup, DATABASE_NAME))) throw new Error(`${backup} is no backup of a desk`);
  const part = state + PART;
  rmSync(part, { recursive: true, force: true });
  cpSync(backup, part, { recursive: true });
  try {
    check(join(part, DATABASE_NAME));
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    throw new Error(`${backup} is damaged: ${(error as Error).message}`, { cause: error });
  }
  renameSync(part, state);
}

function check(path: string): void {
  const database = openDesk(path);
  try {
    const [[found]] = database.prepare('PRAGMA integrity_check').raw().all() as [[string]];
    if (found !== 'ok') throw new Error(found);
    numberOf(database, 'SELECT count(*) FROM application');
  } finally {
    database.close();
  }
}
