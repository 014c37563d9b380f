/**
 * Imports: the file as it was read, how the reviewer reads it, and what came of it. The content is erased after a
 * while; who imported what, and how many rows, stays.
 */
import type { Choices } from '../import/choices.ts';
import type { ReadFile } from '../import/sheet.ts';
import type { ReadRow, RowCounts } from '../import/understood.ts';
import { type DeskDatabase, row, rows, run } from './desk-database.ts';

export const IMPORT_OVER = 'this import is over';

export type ImportState = 'open' | 'done' | 'dropped';

export interface Import {
  readonly id: number;
  readonly atMs: number;
  /** The reviewer who uploaded it. */
  readonly account: string;
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly state: ImportState;
  readonly choices: Choices;
  /** Numbers of rows whose questions a person has answered with yes. */
  readonly taken: readonly number[];
  /** Null as long as it is open. */
  readonly counts: RowCounts | null;
  readonly doneMs: number | null;
  readonly doneBy: string | null;
}

/** A row of the file after the import, with the reference of its registration; empty where it has none. */
export interface ImportedRow extends ReadRow {
  readonly reference: string;
  readonly application: number;
}

/** How long the content of an import is kept. */
export const IMPORT_KEPT_MS = 30 * 86_400_000;
const COLUMNS =
  'id, at_ms AS atMs, account, name, bytes, sha256, state, choices, taken, counts, done_ms AS doneMs, ' +
  'done_by AS doneBy';

type Stored = Omit<Import, 'choices' | 'taken' | 'counts'> & {
  readonly choices: string;
  readonly taken: string;
  readonly counts: string | null;
};

function importOf(stored: Stored): Import {
  return {
    ...stored,
    choices: JSON.parse(stored.choices) as Choices,
    taken: JSON.parse(stored.taken) as number[],
    counts: stored.counts === null ? null : (JSON.parse(stored.counts) as RowCounts),
  };
}

export function addImport(
  database: DeskDatabase,
  one: Pick<Import, 'atMs' | 'account' | 'name' | 'bytes' | 'sha256' | 'choices'> & { readonly file: ReadFile },
): number {
  return run(
    database,
    `INSERT INTO import (at_ms, account, name, bytes, sha256, state, content, choices)
      VALUES (?, ?, ?, ?, ?, 'open', ?, ?)`,
    one.atMs,
    one.account,
    one.name,
    one.bytes,
    one.sha256,
    JSON.stringify(one.file),
    JSON.stringify(one.choices),
  ).id;
}

export function importById(database: DeskDatabase, id: number): Import | null {
  const found = row<Stored>(database, `SELECT ${COLUMNS} FROM import WHERE id = ?`, id);
  return found === null ? null : importOf(found);
}

export function latestImports(database: DeskDatabase, most: number): Import[] {
  return rows<Stored>(database, `SELECT ${COLUMNS} FROM import ORDER BY id DESC LIMIT ?`, most).map(importOf);
}

/** The file as it was read; null where it was erased. */
export function fileOfImport(database: DeskDatabase, id: number): ReadFile | null {
  const found = row<{ readonly content: string | null }>(database, 'SELECT content FROM import WHERE id = ?', id);
  return found?.content == null ? null : (JSON.parse(found.content) as ReadFile);
}

/** The rows as they were when it was confirmed; null where they were erased. */
export function resultOfImport(database: DeskDatabase, id: number): ImportedRow[] | null {
  const found = row<{ readonly result: string | null }>(database, 'SELECT result FROM import WHERE id = ?', id);
  return found?.result == null ? null : (JSON.parse(found.result) as ImportedRow[]);
}

/** Other choices read other rows, so the answers to questions are asked for again. */
export function writeChoices(database: DeskDatabase, id: number, choices: Choices): void {
  run(
    database,
    "UPDATE import SET choices = ?, taken = '[]' WHERE id = ? AND state = 'open'",
    JSON.stringify(choices),
    id,
  );
}

export function writeTaken(database: DeskDatabase, id: number, taken: readonly number[]): void {
  run(database, "UPDATE import SET taken = ? WHERE id = ? AND state = 'open'", JSON.stringify(taken), id);
}

export function endImport(
  database: DeskDatabase,
  id: number,
  end: {
    readonly state: 'done' | 'dropped';
    readonly by: string;
    readonly atMs: number;
    readonly result: readonly ImportedRow[];
    readonly counts: RowCounts;
  },
): void {
  run(
    database,
    'UPDATE import SET state = ?, content = NULL, result = ?, counts = ?, done_ms = ?, done_by = ? WHERE id = ?',
    end.state,
    end.state === 'done' ? JSON.stringify(end.result) : null,
    JSON.stringify(end.counts),
    end.atMs,
    end.by,
    id,
  );
}

/** Erases what files had; an import that was left open is dropped. */
export function eraseOldImports(database: DeskDatabase, nowMs: number): void {
  run(
    database,
    `UPDATE import SET content = NULL, result = NULL, state = CASE state WHEN 'open' THEN 'dropped' ELSE state END
      WHERE at_ms < ? AND (content IS NOT NULL OR result IS NOT NULL)`,
    nowMs - IMPORT_KEPT_MS,
  );
}
