/**
 * What the registry says: one row for each prefix of a registration, from the change that began it to the one that
 * ended it. Rows are never altered, so the registry of any time can be given.
 */
import { PrefixParser } from '../../registry/prefix.ts';
import type { Application, Statement } from './application.ts';
import { type DeskDatabase, row, rows, run } from './desk-database.ts';

export interface RegistryRow {
  readonly id: number;
  readonly application: number;
  readonly reference: string;
  readonly prefix: string;
  readonly holder: string;
  readonly sector: string;
  readonly protocols: string;
  readonly scope: string;
  readonly validFrom: string;
  /** Empty for no end. */
  readonly validUntil: string;
}

/** The change that makes or ends rows. */
export interface RegistryChange {
  readonly change: number;
  readonly atMs: number;
}

const COLUMNS =
  'id, application, reference, prefix, holder, sector, protocols, scope, valid_from AS validFrom, ' +
  'valid_until AS validUntil';

const HEX_DIGITS = 8;
const MAPPED_BITS = 128;
const BITS_PER_DIGIT = 4;
const WORD_BITS = 32;

/** The first address of a prefix as 32 hexadecimal digits, and its length in the mapped form. */
export interface PrefixKey {
  readonly first: string;
  readonly length: number;
}

/** Throws for no prefix. */
export function prefixKey(text: string): PrefixKey {
  const parser = new PrefixParser();
  if (!parser.parse(text)) throw new Error(`${text}: ${parser.message}`);
  return { first: keyOf([parser.word0, parser.word1, parser.word2, parser.word3]), length: parser.length };
}

function keyOf(words: readonly number[]): string {
  return words.map((word) => (word >>> 0).toString(16).padStart(HEX_DIGITS, '0')).join('');
}

/** The same with all bits from `length` on cleared. */
function cut(first: string, length: number): string {
  const whole = BigInt(`0x${first}`);
  const shift = BigInt(MAPPED_BITS - length);
  return ((whole >> shift) << shift).toString(16).padStart(4 * HEX_DIGITS, '0');
}

/** The last address of a prefix. */
function lastOf(first: string, length: number): string {
  const last = BigInt(`0x${first}`) | ((1n << BigInt(MAPPED_BITS - length)) - 1n);
  return last.toString(16).padStart(4 * HEX_DIGITS, '0');
}

/** Leading bits that two addresses have in common. */
function commonLength(a: string, b: string): number {
  for (let at = 0; at < a.length; at++)
    if (a[at] !== b[at]) {
      const differing = Number.parseInt(a[at]!, 16) ^ Number.parseInt(b[at]!, 16);
      return BITS_PER_DIGIT * at + Math.clz32(differing) - (WORD_BITS - BITS_PER_DIGIT);
    }
  return MAPPED_BITS;
}

/** The prefixes that a statement brings into the registry, with the end of the flow that each is for. */
export function registeredPrefixes({ own, far, scope }: Pick<Statement, 'own' | 'far' | 'scope'>): readonly {
  readonly prefix: string;
  readonly scope: string;
}[] {
  // People without an address of their own register the far ends.
  const isPair = scope === 'pair' && own.length > 0 && far.length > 0;
  if (isPair) return [...own, ...far].map((prefix) => ({ prefix, scope }));
  if (own.length === 0) return far.map((prefix) => ({ prefix, scope: scope === '' ? '' : 'destination' }));
  return own.map((prefix) => ({ prefix, scope: scope === '' ? '' : 'source' }));
}

/** Adds the rows of a registration. */
export function addRows(
  database: DeskDatabase,
  registration: Pick<Application, 'id' | 'reference' | 'holder' | 'sector'>,
  statement: Pick<Statement, 'own' | 'far' | 'protocols' | 'scope'>,
  period: { readonly validFrom: string; readonly validUntil: string },
  at: RegistryChange,
): number {
  const prefixes = registeredPrefixes(statement);
  const { id, reference, holder, sector } = registration;
  const protocols = statement.protocols.join(';');
  for (const { prefix, scope } of prefixes)
    addRow(database, { application: id, reference, prefix, holder, sector, protocols, scope, ...period }, at);
  return prefixes.length;
}

function addRow(database: DeskDatabase, one: Omit<RegistryRow, 'id'>, { change, atMs }: RegistryChange): void {
  const { first, length } = prefixKey(one.prefix);
  run(
    database,
    `INSERT INTO registry_row (application, reference, prefix, first, length, holder, sector, protocols, scope,
      valid_from, valid_until, begin_change, begin_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    one.application,
    one.reference,
    one.prefix,
    first,
    length,
    one.holder,
    one.sector,
    one.protocols,
    one.scope,
    one.validFrom,
    one.validUntil,
    change,
    atMs,
  );
}

/** Ends the rows of a registration; how many there were. */
export function endRows(database: DeskDatabase, registration: number, { change, atMs }: RegistryChange): number {
  return run(
    database,
    'UPDATE registry_row SET end_change = ?, end_ms = ? WHERE application = ? AND end_ms IS NULL',
    change,
    atMs,
    registration,
  ).changes;
}

/** The rows of a registration that the registry has now. */
export function rowsOf(database: DeskDatabase, registration: number): RegistryRow[] {
  return rows(
    database,
    `SELECT ${COLUMNS} FROM registry_row WHERE application = ? AND end_ms IS NULL ORDER BY id`,
    registration,
  );
}

/** Another end of validity for all rows of a registration: they end, and rows with the other date begin. */
export function limitRows(database: DeskDatabase, registration: number, until: string, at: RegistryChange): number {
  const before = rowsOf(database, registration);
  endRows(database, registration, at);
  for (const one of before) {
    // A row that would end before it begins was never in force, and is left out.
    if (one.validFrom !== '' && until < one.validFrom) continue;
    const validUntil = one.validUntil !== '' && one.validUntil < until ? one.validUntil : until;
    addRow(database, { ...one, validUntil }, at);
  }
  return before.length;
}

/**
 * The rows that cover all of an address or prefix, the narrowest first. Each lookup finds the last prefix at or before
 * the one that is asked for. It covers it, or a prefix that does is not longer than what both have in common: so
 * lookups are as many as there are branches on the way to the address, and not one for each length.
 */
export function coveringRows(database: DeskDatabase, prefix: string): RegistryRow[] {
  const found: RegistryRow[] = [];
  let { first, length } = prefixKey(prefix);
  while (length >= 0) {
    const before = row<PrefixKey>(
      database,
      `SELECT first, length FROM registry_row WHERE end_ms IS NULL AND (first, length) <= (?, ?)
        ORDER BY first DESC, length DESC LIMIT 1`,
      first,
      length,
    );
    if (before === null) break;
    const common = commonLength(before.first, first);
    if (common >= before.length) found.push(...rowsAt(database, before));
    length = common >= before.length ? before.length - 1 : common;
    if (length >= 0) first = cut(first, length);
  }
  return found;
}

function rowsAt(database: DeskDatabase, { first, length }: PrefixKey): RegistryRow[] {
  const sql = `SELECT ${COLUMNS} FROM registry_row WHERE first = ? AND length = ? AND end_ms IS NULL ORDER BY id`;
  return rows(database, sql, first, length);
}

/** The rows of prefixes inside a prefix, in the order of addresses. At most `most`. */
export function rowsInside(database: DeskDatabase, prefix: string, most: number): RegistryRow[] {
  const { first, length } = prefixKey(prefix);
  return rows(
    database,
    `SELECT ${COLUMNS} FROM registry_row WHERE first >= ? AND first <= ? AND length > ? AND end_ms IS NULL
      ORDER BY first, length LIMIT ?`,
    first,
    lastOf(first, length),
    length,
    most,
  );
}

/** True where the registry has a part of the prefix, or all of it, for a registration other than `except`. */
export function isRegistered(database: DeskDatabase, prefix: string, except: number | null): boolean {
  if (coveringRows(database, prefix).some(({ application }) => application !== except)) return true;
  const { first, length } = prefixKey(prefix);
  const inside = row<{ readonly id: number }>(
    database,
    `SELECT id FROM registry_row WHERE first >= ? AND first <= ? AND length > ? AND end_ms IS NULL
      AND application IS NOT ? LIMIT 1`,
    first,
    lastOf(first, length),
    length,
    except,
  );
  return inside !== null;
}
