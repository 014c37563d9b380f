/** The SQLite database of the desk, opened with its schema up to date. */
import { chmodSync, existsSync } from 'node:fs';
import Database from 'libsql';
import { inTransaction, numberOf } from '../../history/store/transaction.ts';
import { IN_MEMORY } from '../../history/store/in-memory.ts';
import { MIGRATIONS } from './schema.ts';

export type DeskDatabase = Database.Database;
export type Value = string | number | null;

/** The file is no desk that this version can use. It is not changed. */
export class UnusableDesk extends Error {}

export const DATABASE_NAME = 'desk.db';
const OWNER_ONLY = 0o600;
const BUSY_MS = 10_000;
const CACHE_KIB = 65_536;
const APPLICATION_ID = 0x536c6477;

/**
 * Opens or makes the database; `:memory:` for one in memory. What is committed survives a power failure. Throws
 * UnusableDesk for a file of something else or of a later schema, and the database's error for all else.
 */
export function openDesk(path: string): DeskDatabase {
  const isNew = path === IN_MEMORY || !existsSync(path);
  const database = new Database(path);
  try {
    database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    const version = checkedVersion(database, path);
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
      PRAGMA cache_size = -${CACHE_KIB}; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF`);
    if (isNew && path !== IN_MEMORY) chmodSync(path, OWNER_ONLY);
    for (let done = version; done < MIGRATIONS.length; done++)
      inTransaction(database, () => {
        database.exec(`${MIGRATIONS[done]!}; PRAGMA user_version = ${done + 1}`);
      });
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function checkedVersion(database: DeskDatabase, path: string): number {
  const version = numberOf(database, 'PRAGMA user_version');
  if (version > MIGRATIONS.length)
    throw new UnusableDesk(
      `${path} has schema ${version}, and this version of Sluice reads up to ${MIGRATIONS.length}: use the newer one`,
    );
  const tables = numberOf(database, 'SELECT count(*) FROM sqlite_master');
  if (tables > 0 && numberOf(database, 'PRAGMA application_id') !== APPLICATION_ID)
    throw new UnusableDesk(`${path} is a database of something else`);
  return version;
}

// The caller names the shape of its own SQL.
/* eslint-disable @typescript-eslint/no-unnecessary-type-parameters */
/** The rows of a query, as objects by the names of their columns. */
export function rows<T>(database: DeskDatabase, sql: string, ...values: readonly Value[]): T[] {
  return prepared(database, sql).all(values) as T[];
}

/** The first row of a query; null without any. */
export function row<T>(database: DeskDatabase, sql: string, ...values: readonly Value[]): T | null {
  return rows<T>(database, sql, ...values)[0] ?? null;
}

/** Executes a statement; the number of its rows and the id of the last one. */
export function run(
  database: DeskDatabase,
  sql: string,
  ...values: readonly Value[]
): { readonly changes: number; readonly id: number } {
  const { changes, lastInsertRowid } = prepared(database, sql).run(values);
  return { changes, id: Number(lastInsertRowid) };
}

type Prepared = ReturnType<DeskDatabase['prepare']>;
const statements = new WeakMap<DeskDatabase, Map<string, Prepared>>();
/** Texts of statements are a part of the program, so there are few. */
function prepared(database: DeskDatabase, sql: string): Prepared {
  let known = statements.get(database);
  if (known === undefined) statements.set(database, (known = new Map<string, Prepared>()));
  let statement = known.get(sql);
  if (statement === undefined) known.set(sql, (statement = database.prepare(sql)));
  return statement;
}
