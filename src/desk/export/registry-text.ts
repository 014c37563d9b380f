/** The registry as a file of the engine: one row for each prefix of a registration, in the engine's own columns. */
import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { SCOPED_FIELDS } from '../../registry/file/registration-fields.ts';
import { type DeskDatabase, row } from '../store/desk-database.ts';
import { dateOf } from '../work/date-text.ts';

/** Rows that are read at once: a million take no more memory than so many. */
const ROWS_AT_ONCE = 20_000;
/** The same in the process that serves pages: they wait for no longer than one piece, some ms. */
const ROWS_BETWEEN_PAGES = 2000;

export interface WrittenText {
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** The columns of the engine as those of the desk's table. */
const COLUMN_OF: Readonly<Record<(typeof SCOPED_FIELDS)[number], string>> = {
  prefix: 'prefix',
  holder: quoted('holder'),
  sector: quoted('sector'),
  protocols: 'protocols',
  valid_from: 'valid_from',
  valid_until: 'valid_until',
  reference: quoted('reference'),
  scope: 'scope',
};

/**
 * The lines of the next rows as one text. The database joins them: an object for each of a million rows takes four
 * times as much processor time.
 */
const PIECE = `SELECT count(*) AS rows, max(id) AS last, group_concat(line, '') AS text FROM (
  SELECT id, ${SCOPED_FIELDS.map((name) => COLUMN_OF[name]).join(" || ',' || ")} || char(10) AS line FROM registry_row
    WHERE id > ? AND begin_ms <= ? AND (end_ms IS NULL OR end_ms > ?) AND (valid_until = '' OR valid_until >= ?)
    ORDER BY id LIMIT ?)`;

/** A text column as a cell of CSV: in quotes where it has a comma, a quote or the end of a line. */
function quoted(column: string): string {
  const needs = ['char(34)', "','", 'char(10)', 'char(13)'].map((sign) => `instr(${column}, ${sign})`).join(' OR ');
  return `CASE WHEN ${needs} THEN char(34) || replace(${column}, char(34), '""') || char(34) ELSE ${column} END`;
}

/**
 * The registry as it was at a time: the rows that it had then, without those whose period was over. Read in pieces.
 * Yields the text, which begins with the header.
 */
export function* registryText(
  database: DeskDatabase,
  atMs: number,
  rowsAtOnce = ROWS_AT_ONCE,
): Generator<{ text: string; rows: number }> {
  yield { text: `${SCOPED_FIELDS.join(',')}\n`, rows: 0 };
  for (let after = 0; ;) {
    const piece = row<{ readonly rows: number; readonly last: number; readonly text: string }>(
      database,
      PIECE,
      after,
      atMs,
      atMs,
      dateOf(atMs),
      rowsAtOnce,
    )!;
    if (piece.rows === 0) return;
    after = piece.last;
    yield { text: piece.text, rows: piece.rows };
  }
}

/** The registry of a time as a stream, whose pieces leave time for other requests. */
export function registryStream(database: DeskDatabase, atMs: number): Readable {
  async function* pieces(): AsyncGenerator<string> {
    for (const { text } of registryText(database, atMs, ROWS_BETWEEN_PAGES)) {
      yield text;
      await setImmediate();
    }
  }
  return Readable.from(pieces());
}

/** Writes the registry of a time to a new file, synced. Throws the system's error. */
export function writeRegistryText(database: DeskDatabase, path: string, atMs: number): WrittenText {
  const hash = createHash('sha256');
  const descriptor = openSync(path, 'w', 0o644);
  let count = 0;
  let bytes = 0;
  try {
    for (const { text, rows: added } of registryText(database, atMs)) {
      const piece = Buffer.from(text);
      hash.update(piece);
      writeSync(descriptor, piece);
      count += added;
      bytes += piece.length;
    }
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  return { rows: count, bytes, sha256: hash.digest('hex') };
}
