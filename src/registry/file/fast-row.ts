/**
 * The short way into a registry: a row that is plain is read from the bytes of the file, with no text made of it. Whatever is not plain is left to the
 * readers that can tell what is wrong (csv-record, registration-row), so what is read here is never refused here; the tests hold both against each other.
 *
 * Plain is a line of seven fields without quotes and invisible characters, whose prefix byte-prefix takes and whose sector, protocols and dates have been read
 * as texts in an earlier row. Bytes over 0x7f are plain where the whole file is UTF-8 and none of them could begin a character that is a space or can't be seen.
 */
import { LINE_LIMIT } from './csv-lines.ts';
import type { FieldCache } from './field-cache.ts';
import { fieldEnd } from './byte-field.ts';
import { BytePrefix } from './byte-prefix.ts';
import type { RegistrationColumns } from '../lookup/registration-columns.ts';
import { PROTOCOLS, SECTOR, VALID_FROM, VALID_UNTIL } from './registration-fields.ts';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const COMMA = 44;

export class FastRowReader {
  private readonly bytes: Uint8Array;
  private readonly columns: RegistrationColumns;
  private readonly known: FieldCache;
  private readonly prefix = new BytePrefix();

  /** `bytes` of a file that is UTF-8 throughout. */
  constructor(bytes: Uint8Array, columns: RegistrationColumns, known: FieldCache) {
    this.bytes = bytes;
    this.columns = columns;
    this.known = known;
  }

  /** Adds the row that begins at `start`. Where the next line begins, or -1 (and nothing added) where the row is not plain. */
  read(start: number, lineNumber: number): number {
    const { bytes, columns, known, prefix } = this;
    const prefixEnd = prefix.read(bytes, start);
    if (prefixEnd < 0) return -1;
    const holderEnd = fieldEnd(bytes, prefixEnd + 1);
    if (bytes[holderEnd] !== COMMA) return -1;
    const sector = known.getByBytes(SECTOR, bytes, holderEnd + 1);
    if (bytes[known.end] !== COMMA) return -1;
    const protocols = known.getByBytes(PROTOCOLS, bytes, known.end + 1);
    if (bytes[known.end] !== COMMA) return -1;
    const from = known.getByBytes(VALID_FROM, bytes, known.end + 1);
    if (bytes[known.end] !== COMMA) return -1;
    const until = known.getByBytes(VALID_UNTIL, bytes, known.end + 1);
    const untilEnd = known.end;
    if (bytes[untilEnd] !== COMMA) return -1;
    // NaN, for what is not known, fails every comparison.
    if (!(from < until && sector >= 0 && protocols >= 0)) return -1;
    const end = fieldEnd(bytes, untilEnd + 1);
    const next = afterLine(bytes, end);
    if (next < 0 || end - start > LINE_LIMIT) return -1;
    const holderStart = afterSpaces(bytes, prefixEnd + 1);
    if (holderStart === holderEnd) return -1;

    columns.push(from, until, protocols, sector, lineNumber);
    columns.prefixes.push(prefix.word0, prefix.word1, prefix.word2, prefix.word3, prefix.length);
    columns.holders.pushBytes(bytes, holderStart, beforeSpaces(bytes, holderStart, holderEnd));
    const referenceStart = afterSpaces(bytes, untilEnd + 1);
    columns.references.pushBytes(bytes, referenceStart, beforeSpaces(bytes, referenceStart, end));
    return next;
  }
}

/** Where the next line begins if one ends at `end`; -1 if none does. */
function afterLine(bytes: Uint8Array, end: number): number {
  if (end >= bytes.length) return bytes.length;
  if (bytes[end] === LINE_FEED) return end + 1;
  return bytes[end] === CARRIAGE_RETURN && bytes[end + 1] === LINE_FEED ? end + 2 : -1;
}

function afterSpaces(bytes: Uint8Array, at: number): number {
  let start = at;
  while (bytes[start] === SPACE) start++;
  return start;
}

function beforeSpaces(bytes: Uint8Array, start: number, at: number): number {
  let end = at;
  while (end > start && bytes[end - 1] === SPACE) end--;
  return end;
}
