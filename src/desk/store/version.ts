/** Versions of what an application states. A version is added for every change, and none is altered. */
import type { Application, Statement } from './application.ts';
import { type DeskDatabase, run } from './desk-database.ts';

/** The statement becomes the present one; its number. */
export function addVersion(
  database: DeskDatabase,
  { id, version }: Pick<Application, 'id' | 'version'>,
  statement: Statement,
  atMs: number,
): number {
  const number = version + 1;
  run(
    database,
    `INSERT INTO version (application, number, at_ms, isp, own, far, protocols, scope, valid_from, valid_until)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    number,
    atMs,
    statement.isp,
    JSON.stringify(statement.own),
    JSON.stringify(statement.far),
    statement.protocols.join(';'),
    statement.scope,
    statement.validFrom,
    statement.validUntil,
  );
  run(database, 'UPDATE application SET version = ?, isp = ? WHERE id = ?', number, statement.isp, id);
  return number;
}
