/**
 * A copy of a history for reading: the file may be a backup of an earlier schema, or that of a daemon that runs, and
 * stays as it is.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { closeDatabase, type HistoryDatabase, openDatabase } from './database.ts';

/**
 * What `work` makes of a copy of the history, which is removed after it. Throws the system's or the database's error.
 */
export function readCopy<T>(path: string, work: (database: HistoryDatabase) => T): T {
  statSync(path);
  const folder = mkdtempSync(join(tmpdir(), 'sluice-history-'));
  try {
    const copy = join(folder, 'history.db');
    const original = new Database(path);
    try {
      original.prepare('VACUUM INTO ?').run([copy]);
    } finally {
      original.close();
    }
    const database = openDatabase(copy);
    try {
      return work(database);
    } finally {
      closeDatabase(database);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
