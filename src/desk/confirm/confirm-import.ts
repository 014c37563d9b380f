/** Writes an import that a reviewer has confirmed: everything in one transaction, or nothing. */
import { countRows } from '../import/understood.ts';
import { readTable } from '../import/read-table.ts';
import type { Actor } from '../model/permission.ts';
import type { DeskDatabase } from '../store/desk-database.ts';
import { addDeed } from '../store/history.ts';
import {
  endImport,
  fileOfImport,
  type Import,
  importById,
  type ImportedRow,
  IMPORT_OVER,
} from '../store/import-store.ts';
import { DeedRefused } from '../work/act.ts';
import { dateOf } from '../work/date-text.ts';
import { hashOfRows, importRows, rowsToTake } from '../work/import-rows.ts';
import { once } from '../work/once.ts';

export interface Confirmation {
  readonly id: number;
  /** The key of the form. */
  readonly key: string;
  /** The hash of the rows that the reviewer was shown. */
  readonly shownSha256: string;
  readonly actor: Actor;
  readonly atMs: number;
}

/** Throws DeedRefused, and nothing is written then. */
export function confirmImport(database: DeskDatabase, confirmation: Confirmation): void {
  const { id, key, atMs } = confirmation;
  once(database, key, 0, atMs, () => {
    const one = importById(database, id);
    if (one?.state !== 'open') throw new DeedRefused({ status: 409, problem: IMPORT_OVER });
    write(database, one, confirmation);
  });
}

function write(database: DeskDatabase, one: Import, { shownSha256, actor, atMs }: Confirmation): void {
  const file = fileOfImport(database, one.id);
  const rows = file === null ? [] : readTable(database, file, one.choices, dateOf(atMs));
  const toTake = rowsToTake(rows, new Set(one.taken));
  if (shownSha256 !== hashOfRows(toTake))
    throw new DeedRefused({
      status: 409,
      problem: 'the registry or the rows have changed since this was shown: look at them again',
    });
  const made = importRows(database, toTake, { name: one.name, actor, atMs });
  const result = rows.map((row): ImportedRow => {
    const application = made.get(row.number);
    return { ...row, reference: application?.reference ?? '', application: application?.id ?? 0 };
  });
  const counts = countRows(rows);
  endImport(database, one.id, { state: 'done', by: actor.name, atMs, result, counts });
  addDeed(database, {
    atMs,
    actor: actor.name,
    role: actor.role,
    what: 'import',
    fields: { import: one.id, sha256: one.sha256, registered: made.size, ...counts },
  });
}
