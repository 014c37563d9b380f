/** What a confirmed import writes: registrations with their history, all or none, and no more than one person may. */
import { describe, expect, it } from 'vitest';
import { registryText } from '../../src/desk/export/registry-text.ts';
import { firstChoices } from '../../src/desk/import/choices.ts';
import { readSpreadsheet } from '../../src/desk/import/read-spreadsheet.ts';
import { readTable } from '../../src/desk/import/read-table.ts';
import type { ReadRow } from '../../src/desk/import/understood.ts';
import { type DeskDatabase, rows as query, run } from '../../src/desk/store/desk-database.ts';
import { changesOf, personalOf } from '../../src/desk/store/history.ts';
import {
  addImport,
  eraseOldImports,
  fileOfImport,
  IMPORT_KEPT_MS,
  importById,
} from '../../src/desk/store/import-store.ts';
import { search } from '../../src/desk/store/queue.ts';
import { writeSetting } from '../../src/desk/store/settings.ts';
import { importRows } from '../../src/desk/work/import-rows.ts';
import { hashOfRows, rowsToTake } from '../../src/desk/import/rows-to-take.ts';
import { inTransaction } from '../../src/history/store/transaction.ts';
import { parseRegistry } from '../../src/registry/file/registry-file.ts';
import { ANNA, approved, MONDAY_MS, newDesk } from './desk-kit.ts';

const TODAY = '2026-11-30';
const HEADER = 'Company,IP,Sector,Valid until,Contact,Reference';

function desk(): DeskDatabase {
  const database = newDesk();
  writeSetting(database, 'documentation', 'take');
  return database;
}

async function read(database: DeskDatabase, lines: readonly string[]): Promise<ReadRow[]> {
  const file = await readSpreadsheet(Buffer.from([HEADER, ...lines].join('\n')), 'windows-1252');
  return readTable(database, file, firstChoices(file, TODAY, ['north']), TODAY);
}

function take(
  database: DeskDatabase,
  rows: readonly ReadRow[],
  taken: readonly number[] = [],
  atMs = MONDAY_MS,
): number {
  const toTake = rowsToTake(rows, new Set(taken));
  return inTransaction(database, () => importRows(database, toTake, { name: 'list.csv', actor: ANNA, atMs })).size;
}

function line(at: number): string {
  return `Alder Example ${at},198.51.100.${at},it,2027-11-29,A. Person,R-${at}`;
}

describe('an import', () => {
  it('registers what was understood, with its history, and the engine reads the registry', async () => {
    const database = desk();
    const rows = await read(database, [
      line(1),
      'Ada Example,203.0.113.7,freelancer,2027-11-29,,R-2',
      'Birch Example,10.0.0.1,it,2027-11-29,,',
    ]);
    expect(take(database, rows)).toBe(2);
    const [alder] = search(database, 'alder');
    expect(changesOf(database, alder!.id).map(({ action, actor }) => [action, actor])).toEqual([
      ['submit', 'anna'],
      ['forward', 'clock'],
      ['take-over', 'anna'],
      ['approve', 'anna'],
    ]);
    expect(changesOf(database, alder!.id).at(-1)!.text).toBe(
      'Imported from row 2 of list.csv, where its reference is R-1.',
    );
    expect(personalOf(database, alder!.id)?.contact).toBe('A. Person');
    const text = [...registryText(database, MONDAY_MS)].map((piece) => piece.text).join('');
    const { registry, issues } = parseRegistry(new TextEncoder().encode(text), 'registry.csv');
    expect(issues.kept).toEqual([]);
    expect(
      [0, 1].map((at) => registry!.registrationAt(at)).map(({ prefix, holder, sector }) => [prefix, holder, sector]),
    ).toEqual([
      ['198.51.100.1/32', 'Alder Example 1', 'it'],
      ['203.0.113.7/32', 'freelancer', 'freelancer'],
    ]);
    expect(search(database, 'Ada')).toEqual([]);
  });

  it('takes a row with a question only where it was answered', async () => {
    const database = desk();
    const rows = await read(database, [line(1), 'Birch Example,198.51.100.2,it,,,']);
    expect(rows.map(({ state }) => state)).toEqual(['left-out', 'understood', 'question']);
    expect(rowsToTake(rows, new Set()).map(({ number }) => number)).toEqual([2]);
    expect(rowsToTake(rows, new Set([1, 3])).map(({ number }) => number)).toEqual([2, 3]);
    expect(hashOfRows(rowsToTake(rows, new Set()))).not.toBe(hashOfRows(rowsToTake(rows, new Set([3]))));
  });

  it('finds what has been registered meanwhile', async () => {
    const database = desk();
    expect((await read(database, [line(7)]))[1]!.state).toBe('understood');
    approved(database, '198.51.100.7/32');
    expect((await read(database, [line(7)]))[1]!.errors.join()).toContain('registered already');
  });

  it('of more than 50 registrations in 24 hours is refused whole until another reviewer releases more', async () => {
    const database = desk();
    const rows = await read(
      database,
      Array.from({ length: 51 }, (_, at) => line(at)),
    );
    expect(() => take(database, rows)).toThrow('another reviewer must release');
    expect(query(database, 'SELECT id FROM application')).toEqual([]);
    expect(take(database, rows.slice(0, 51))).toBe(50);
    expect(() => take(database, rows.slice(51))).toThrow('another reviewer must release');
    run(database, "INSERT INTO release (at_ms, account, by, count) VALUES (?, 'anna', 'boris', 1)", MONDAY_MS);
    expect(take(database, rows.slice(51))).toBe(1);
  });

  it('keeps what the file had for 30 days', async () => {
    const database = desk();
    const file = await readSpreadsheet(Buffer.from(HEADER), 'windows-1252');
    const id = addImport(database, {
      atMs: MONDAY_MS,
      account: 'anna',
      name: 'list.csv',
      bytes: 1,
      sha256: '',
      choices: firstChoices(file, TODAY, []),
      file,
    });
    eraseOldImports(database, MONDAY_MS + IMPORT_KEPT_MS);
    expect(fileOfImport(database, id)).toEqual(file);
    eraseOldImports(database, MONDAY_MS + IMPORT_KEPT_MS + 1);
    expect(fileOfImport(database, id)).toBeNull();
    expect(importById(database, id)).toMatchObject({ state: 'dropped', account: 'anna' });
  });
});
