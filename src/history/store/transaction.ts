/** Transactions, and queries of one number, on any SQLite database. */
import type Database from 'libsql';

/** The only value of a query's only row. */
export function numberOf(database: Database.Database, sql: string): number {
  const [[value]] = database.prepare(sql).raw().all() as [[number]];
  return value;
}

/** Everything that `work` writes is written, or nothing. */
export function inTransaction<T>(database: Database.Database, work: () => T): T {
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
