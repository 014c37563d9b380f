/** The SQLite database of a history, opened with its schema up to date. Only the history process opens one. */
import { closeSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import Database from 'libsql';
import { historyProblem } from '../history-problem.ts';
import { BrokenFile, UnusableFile } from './database-fault.ts';
import { IN_MEMORY } from './in-memory.ts';
import { MIGRATIONS } from './schema.ts';
import { inTransaction, numberOf } from './transaction.ts';

export { inTransaction, numberOf };

export type HistoryDatabase = Database.Database;
export type Statement = Database.Statement;

/** The files of a database: itself, its log of transactions, and the index of that. */
export const FILE_ENDINGS = ['', '-wal', '-shm'] as const;

/** How long a statement waits for another process that has locked the file, ms. */
const BUSY_MS = 2000;
const CACHE_KIB = 16_384;
/** The log of transactions is cut to it after a large one. */
const LARGEST_LOG = 16 << 20;
const MAGIC_LENGTH = 16;
const IS_TEXT = /^[\t\n\r -~]+$/;
const MAGIC = 'SQLite format 3\0';

/**
 * Opens or makes the database; `:memory:` for one in memory. Throws UnusableFile for a file of something else or of a
 * later schema, BrokenFile for an empty one, and the database's error for all else.
 */
export function openDatabase(path: string): HistoryDatabase {
  const isNew = path === IN_MEMORY || !exists(path);
  if (!isNew) checkBeginning(path);
  else if (path !== IN_MEMORY) removeFiles(path);
  const database = new Database(path);
  try {
    database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    // Before anything changes the file.
    const version = checkedVersion(database, path);
    // How free pages are kept is decided before the first page.
    database.exec(`PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; 
      PRAGMA cache_size = -${CACHE_KIB}; PRAGMA journal_size_limit = ${LARGEST_LOG}; PRAGMA temp_store = MEMORY`);
    for (let done = version; done < MIGRATIONS.length; done++) migrate(database, done);
    return database;
  } catch (error) {
    database.close();
    // A file that could not be begun is no broken history.
    if (isNew && path !== IN_MEMORY) removeFiles(path);
    throw error;
  }
}

/** A log of transactions without its database would be applied to the new one. */
function removeFiles(path: string): void {
  for (const ending of FILE_ENDINGS) rmSync(path + ending, { force: true });
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Tells an empty file, and one that was written as text, from a database. */
function checkBeginning(path: string): void {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(MAGIC_LENGTH);
    const length = readSync(file, bytes, 0, MAGIC_LENGTH, 0);
    const log = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
    if (length === 0 && log === 0) throw new BrokenFile(historyProblem('history-empty'));
    const text = bytes.toString('latin1', 0, length);
    if (text !== MAGIC && IS_TEXT.test(text)) throw new UnusableFile(historyProblem('history-text', path));
  } finally {
    closeSync(file);
  }
}

/** The number of its schema, 0 for a new database. Throws UnusableFile if it is none of this version's. */
function checkedVersion(database: HistoryDatabase, path: string): number {
  const version = numberOf(database, 'PRAGMA user_version');
  if (version > MIGRATIONS.length)
    throw new UnusableFile(historyProblem('history-later-schema', path, String(version), String(MIGRATIONS.length)));
  if (version === 0 && numberOf(database, 'SELECT count(*) FROM sqlite_master') > 0)
    throw new UnusableFile(historyProblem('history-of-something-else', path));
  return version;
}

function migrate(database: HistoryDatabase, version: number): void {
  inTransaction(database, () => {
    database.exec(`${MIGRATIONS[version]!}; PRAGMA user_version = ${version + 1}`);
  });
}

/** Closes it with all transactions in its one file, as far as the disk has room. */
export function closeDatabase(database: HistoryDatabase): void {
  try {
    database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all();
  } catch {
    // They stay in the log, and the next opening finds them there.
  }
  database.close();
}
