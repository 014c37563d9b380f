/** Registrations that a person has changed within the last 24 hours, and what others have released. */
import { CHANGE_WINDOW_MS } from '../model/change-limit.ts';
import { accountsOfPerson } from '../model/person.ts';
import { type DeskDatabase, row } from './desk-database.ts';

/** Registrations, each once for every change: cutting changes up gains nothing. */
export function changedBy(database: DeskDatabase, account: string, nowMs: number): number {
  return sum(
    database,
    `SELECT coalesce(sum(registry_count), 0) AS sum FROM change
      WHERE actor IN (?, ?) AND at_ms > ? AND registry_count > 0`,
    account,
    nowMs,
  );
}

export function releasedTo(database: DeskDatabase, account: string, nowMs: number): number {
  const sql = 'SELECT coalesce(sum(count), 0) AS sum FROM release WHERE account IN (?, ?) AND at_ms > ?';
  return sum(database, sql, account, nowMs);
}

function sum(database: DeskDatabase, sql: string, account: string, nowMs: number): number {
  return row<{ readonly sum: number }>(database, sql, ...accountsOfPerson(account), nowMs - CHANGE_WINDOW_MS)!.sum;
}
