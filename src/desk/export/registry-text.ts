/** The registry as a file of the engine: one row for each prefix of a registration, in the engine's own columns. */
import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { SCOPED_FIELDS } from '../../registry/file/registration-fields.ts';
import { type DeskDatabase, rows } from '../store/desk-database.ts';
import type { RegistryRow } from '../store/registry-rows.ts';
import { dateOf } from '../work/date-text.ts';

/** Rows that are read at once: a million take no more memory than so many. */
const ROWS_AT_ONCE = 20_000;
/** The same in the process that serves pages: they wait for no longer than one piece, some ms. */
const ROWS_BETWEEN_PAGES = 1000;

export interface WrittenText {
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
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
    const found = rows<RegistryRow>(
      database,
      `SELECT id, application, reference, prefix, holder, sector, protocols, scope, valid_from AS validFrom,
        valid_until AS validUntil FROM registry_row WHERE id > ? AND begin_ms <= ? AND (end_ms IS NULL OR end_ms > ?)
        AND (valid_until = '' OR valid_until >= ?) ORDER BY id LIMIT ?`,
      after,
      atMs,
      atMs,
      dateOf(atMs),
      rowsAtOnce,
    );
    if (found.length === 0) return;
    after = found.at(-1)!.id;
    yield { text: found.map(lineOf).join(''), rows: found.length };
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

function lineOf(one: RegistryRow): string {
  const values: Readonly<Record<string, string>> = {
    prefix: one.prefix,
    holder: one.holder,
    sector: one.sector,
    protocols: one.protocols,
    valid_from: one.validFrom,
    valid_until: one.validUntil,
    reference: one.reference,
    scope: one.scope,
  };
  return `${SCOPED_FIELDS.map((name) => quoted(values[name] ?? '')).join(',')}\n`;
}

function quoted(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
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
