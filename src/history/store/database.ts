/** The SQLite database of a history, opened with its schema up to date. Only the history process opens one. */
import Database from 'libsql';
import { MIGRATIONS } from './schema.ts';

export type HistoryDatabase = Database.Database;

/** How long a statement waits for another process that has locked the file, ms. */
const BUSY_MS = 2000;

/** Opens or makes the database; `:memory:` for one in memory. Throws if it cannot be used, or is of a later schema. */
export function openDatabase(path: string): HistoryDatabase {
  const database = new Database(path);
  try {
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = ${BUSY_MS}`);
    migrate(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function migrate(database: HistoryDatabase): void {
  const [row] = database.prepare('PRAGMA user_version').all() as [{ user_version: number }];
  if (row.user_version > MIGRATIONS.length)
    throw new Error(`it has schema ${row.user_version}, and this version of Sluice reads up to ${MIGRATIONS.length}`);
  for (let version = row.user_version; version < MIGRATIONS.length; version++)
    inTransaction(database, () => {
      database.exec(`${MIGRATIONS[version]!}; PRAGMA user_version = ${version + 1}`);
    });
}

/** Everything that `work` writes is written, or nothing. */
export function inTransaction<T>(database: HistoryDatabase, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
