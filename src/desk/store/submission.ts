/** Keys of forms that have done their work: each is there once. */
import { type DeskDatabase, row } from './desk-database.ts';

/** The application that a form with this key has made; null for none. */
export function submitted(database: DeskDatabase, key: string): number | null {
  const sql = 'SELECT application FROM submission WHERE key = ?';
  return row<{ readonly application: number }>(database, sql, key)?.application ?? null;
}
