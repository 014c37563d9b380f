/** Lists of applications: what waits, by the time that is left, and what a search finds. */
import { isReference } from '../model/reference.ts';
import type { State } from '../model/state.ts';
import { type Application, applicationByReference, applicationsWhere } from './application.ts';
import { type DeskDatabase, row } from './desk-database.ts';
import { coveringRows, rowsInside } from './registry-rows.ts';
import { PrefixParser } from '../../registry/prefix.ts';

export const PAGE_LENGTH = 50;

/** What waits in a state, the least time left first. `isp`: only those of an internet provider. */
export function waiting(database: DeskDatabase, state: State, isp: string | null, page: number): Application[] {
  const from = page * PAGE_LENGTH;
  if (isp === null)
    return applicationsWhere(database, 'state = ? ORDER BY due_ms, id LIMIT ? OFFSET ?', state, PAGE_LENGTH, from);
  const condition = 'isp = ? AND state = ? ORDER BY due_ms, id LIMIT ? OFFSET ?';
  return applicationsWhere(database, condition, isp, state, PAGE_LENGTH, from);
}

/** How many wait, counted up to 10,000. */
export function waitingCount(database: DeskDatabase, state: State, isp: string | null): number {
  const sql =
    isp === null
      ? 'SELECT count(*) AS count FROM (SELECT 1 FROM application WHERE state = ? LIMIT 10000)'
      : 'SELECT count(*) AS count FROM (SELECT 1 FROM application WHERE state = ? AND isp = ? LIMIT 10000)';
  const values = isp === null ? [state] : [state, isp];
  return row<{ readonly count: number }>(database, sql, ...values)!.count;
}

/** What a text finds: a reference, an address or prefix, or words of a holder. At most PAGE_LENGTH. */
export function search(database: DeskDatabase, text: string): Application[] {
  const wanted = text.trim();
  if (wanted === '') return [];
  if (isReference(wanted.toUpperCase())) {
    const found = applicationByReference(database, wanted.toUpperCase());
    return found === null ? [] : [found];
  }
  if (new PrefixParser().parse(wanted)) {
    const found = [...coveringRows(database, wanted), ...rowsInside(database, wanted, PAGE_LENGTH)];
    const ids = [...new Set(found.map(({ application }) => application))];
    return ids.slice(0, PAGE_LENGTH).flatMap((id) => applicationsWhere(database, 'id = ?', id));
  }
  const words = wanted.match(/[\p{L}\p{N}]+/gu);
  if (words === null) return [];
  // Each word is a text in quotes, so none is an operator of the search.
  const query = words.map((word) => `"${word}"*`).join(' ');
  return applicationsWhere(
    database,
    'id IN (SELECT rowid FROM holder_search WHERE holder_search MATCH ? ORDER BY rowid DESC LIMIT ?) ORDER BY id DESC',
    query,
    PAGE_LENGTH,
  );
}
