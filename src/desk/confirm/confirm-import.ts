/** Writes an import that a reviewer has confirmed: everything in one transaction, or nothing. */
import { countRows } from '../import/understood.ts';
import { readTable } from '../import/read-table.ts';
import type { Actor } from '../model/permission.ts';
import { isOfProvider } from '../model/person.ts';
import { accountNamed } from '../store/account-store.ts';
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
import { importRows } from '../work/import-rows.ts';
import { hashOfRows, rowsToTake } from '../import/rows-to-take.ts';
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
  const { id, key, atMs, actor } = confirmation;
  once(database, key, 0, atMs, () => {
    refuseFormer(database, actor);
    const one = importById(database, id);
    if (one?.state !== 'open') throw new DeedRefused({ status: 409, problem: IMPORT_OVER });
    write(database, one, confirmation);
  });
}

/** The order may have waited for another import: an account that was taken away meanwhile does nothing. */
function refuseFormer(database: DeskDatabase, { name }: Actor): void {
  if (isOfProvider(name) || accountNamed(database, name)?.role === 'reviewer') return;
  throw new DeedRefused({ status: 403, problem: 'your account may no longer do this' });
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
