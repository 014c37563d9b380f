/**
 * The short way into a registry: a row that is plain is read from the octets of the file, with no text made of it. Whatever is not plain is left to the
 * readers that can tell what is wrong (csv-record, registration-row), so what is read here is never refused here; the tests hold both against each other.
 *
 * Plain is a line of seven fields without quotes and invisible characters, whose prefix octet-prefix takes and whose sector, protocols and dates have been read
 * as texts in an earlier row. Octets over 0x7f are plain where the whole file is UTF-8 and none of them could begin a character that is a space or can't be seen.
 */
import { LINE_LIMIT } from './csv-lines.ts';
import type { KnownFields } from './known-fields.ts';
import { fieldEnd } from './octet-field.ts';
import { OctetPrefix } from './octet-prefix.ts';
import type { RegistrationColumns } from '../lookup/registration-columns.ts';
import { PROTOCOLS, SECTOR, VALID_FROM, VALID_UNTIL } from './registration-fields.ts';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const COMMA = 44;

export class PlainRowReader {
  private readonly octets: Uint8Array;
  private readonly columns: RegistrationColumns;
  private readonly known: KnownFields;
  private readonly prefix = new OctetPrefix();

  /** `octets` of a file that is UTF-8 throughout. */
  constructor(octets: Uint8Array, columns: RegistrationColumns, known: KnownFields) {
    this.octets = octets;
    this.columns = columns;
    this.known = known;
  }

  /** Adds the row that begins at `start`. Where the next line begins, or -1 (and nothing added) where the row is not plain. */
  read(start: number, lineNumber: number): number {
    const { octets, columns, known, prefix } = this;
    const prefixEnd = prefix.read(octets, start);
    if (prefixEnd < 0) return -1;
    const holderEnd = fieldEnd(octets, prefixEnd + 1);
    if (octets[holderEnd] !== COMMA) return -1;
    const sector = known.ofOctets(SECTOR, octets, holderEnd + 1);
    if (octets[known.end] !== COMMA) return -1;
    const protocols = known.ofOctets(PROTOCOLS, octets, known.end + 1);
    if (octets[known.end] !== COMMA) return -1;
    const from = known.ofOctets(VALID_FROM, octets, known.end + 1);
    if (octets[known.end] !== COMMA) return -1;
    const until = known.ofOctets(VALID_UNTIL, octets, known.end + 1);
    const untilEnd = known.end;
    if (octets[untilEnd] !== COMMA) return -1;
    // NaN, for what is not known, fails every comparison.
    if (!(from < until && sector >= 0 && protocols >= 0)) return -1;
    const end = fieldEnd(octets, untilEnd + 1);
    const next = afterLine(octets, end);
    if (next < 0 || end - start > LINE_LIMIT) return -1;
    const holderStart = afterSpaces(octets, prefixEnd + 1);
    if (holderStart === holderEnd) return -1;

    columns.push(from, until, protocols, sector, lineNumber);
    columns.prefixes.push(prefix.word0, prefix.word1, prefix.word2, prefix.word3, prefix.length);
    columns.holders.pushOctets(octets, holderStart, beforeSpaces(octets, holderStart, holderEnd));
    const referenceStart = afterSpaces(octets, untilEnd + 1);
    columns.references.pushOctets(octets, referenceStart, beforeSpaces(octets, referenceStart, end));
    return next;
  }
}

/** Where the next line begins if one ends at `end`; -1 if none does. */
function afterLine(octets: Uint8Array, end: number): number {
  if (end >= octets.length) return octets.length;
  if (octets[end] === LINE_FEED) return end + 1;
  return octets[end] === CARRIAGE_RETURN && octets[end + 1] === LINE_FEED ? end + 2 : -1;
}

function afterSpaces(octets: Uint8Array, at: number): number {
  let start = at;
  while (octets[start] === SPACE) start++;
  return start;
}

function beforeSpaces(octets: Uint8Array, start: number, at: number): number {
  let end = at;
  while (end > start && octets[end - 1] === SPACE) end--;
  return end;
}
