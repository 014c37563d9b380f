/**
 * Parses the fields of one row of a registry file into numbers. All fields are checked, so a row with three mistakes
 * gets three messages.
 */
import { parseDate, parseInstant, MICROS_PER_DAY } from '../../core/iso-time.ts';
import type { IssueList } from '../../core/issue.ts';
import { PROTOCOL_NAMES, Protocol } from '../../core/protocol.ts';
import { fieldColumn } from './csv-record.ts';
import { adviseOnDate } from './date-advice.ts';
import type { FieldCache } from './field-cache.ts';
import { ANY_PROTOCOL, PROTOCOL_ALIASES, SECTOR_ALIASES } from './field-words.ts';
import { adviseOnPrefix } from './prefix-advice.ts';
import { PrefixParser } from '../prefix.ts';
import type { RegistrationColumns } from '../lookup/registration-columns.ts';
import {
  HOLDER,
  PREFIX,
  PROTOCOLS,
  REFERENCE,
  REGISTRY_FIELDS,
  SCOPE,
  SECTOR,
  VALID_FROM,
  VALID_UNTIL,
} from './registration-fields.ts';
import { SCOPE_NAMES, Scope } from '../scope.ts';
import { SECTOR_NAMES, Sector } from '../sector.ts';
import type { RefusedRow } from './shared-references.ts';
import { nearestWord } from './word-advice.ts';

const SECTORS = SECTOR_NAMES.slice(1).join(', ');
const SCOPES = SCOPE_NAMES.slice(1).join(', ');
const PROTOCOLS_ALLOWED = PROTOCOL_NAMES.slice(1).join(', ');
const SCOPE_ALIASES = { src: 'source', client: 'source', dst: 'destination', server: 'destination', both: 'pair' };

/** The largest number of rows with errors whose references are kept. */
const REFUSED_LIMIT = 10_000;

/** Parses rows into columns. */
export class RegistrationReader {
  readonly columns: RegistrationColumns;
  /** The first rows with errors that have a holder and a reference. */
  readonly refused: RefusedRow[] = [];
  private readonly issues: IssueList;
  private readonly prefix = new PrefixParser();
  private readonly cache: FieldCache;
  private readonly separator: string;
  private line = '';
  private lineNumber = 0;

  /**
   * Valid sectors, lists of protocols and dates are added to `cache`. `separator` is the character between the fields.
   */
  constructor(columns: RegistrationColumns, cache: FieldCache, issues: IssueList, separator: string) {
    this.separator = separator;
    this.columns = columns;
    this.cache = cache;
    this.issues = issues;
  }

  /** Adds the row, or reports all of its problems. */
  read(fields: readonly string[], line: string, lineNumber: number): void {
    this.line = line;
    this.lineNumber = lineNumber;
    const errorsBefore = this.issues.errorCount;
    const prefix = this.prefix;
    if (!prefix.parse(fields[PREFIX]!)) this.refusePrefix(fields[PREFIX]!);
    const holder = fields[HOLDER]!.trim();
    if (holder === '') this.refuse(HOLDER, 'the holder is missing');
    const sector = this.readField(SECTOR, fields[SECTOR]!);
    const protocols = this.readField(PROTOCOLS, fields[PROTOCOLS]!);
    const from = this.readField(VALID_FROM, fields[VALID_FROM]!);
    const until = this.readField(VALID_UNTIL, fields[VALID_UNTIL]!);
    if (from >= until) this.refuse(VALID_UNTIL, 'valid_until is not after valid_from, so this is never in force');
    const reference = fields[REFERENCE]!.trim();
    const scope = fields.length > SCOPE ? this.readField(SCOPE, fields[SCOPE]!) : Scope.EITHER;
    if (scope === Scope.PAIR && reference === '')
      this.refuse(SCOPE, 'a pair needs a reference, which the rows of both of its ends share');
    if (this.issues.errorCount !== errorsBefore) {
      this.keepRefused(holder, reference);
      return;
    }
    this.columns.push(from, until, protocols, sector, scope, lineNumber);
    this.columns.prefixes.push(prefix.word0, prefix.word1, prefix.word2, prefix.word3, prefix.length);
    this.columns.holders.push(holder);
    this.columns.references.push(reference);
  }

  private keepRefused(holder: string, reference: string): void {
    if (holder === '' || reference === '' || this.refused.length === REFUSED_LIMIT) return;
    this.refused.push({ line: this.lineNumber, holder, reference });
  }

  /** The number of a field, from the cache where possible. */
  private readField(field: number, text: string): number {
    const cached = this.cache.getByText(field, text);
    if (!Number.isNaN(cached)) return cached;
    const errorsBefore = this.issues.errorCount;
    let value: number;
    if (field === SECTOR) value = this.readSector(text);
    else if (field === PROTOCOLS) value = this.readProtocols(text);
    else if (field === SCOPE) value = this.readScope(text);
    else value = this.readTime(text, field);
    if (field === VALID_FROM || field === VALID_UNTIL) this.columns.boundaries.add(value);
    if (this.issues.errorCount === errorsBefore) this.cache.add(field, text, value);
    return value;
  }

  private readSector(text: string): number {
    const code = SECTOR_NAMES.indexOf(text as (typeof SECTOR_NAMES)[number]);
    if (code > Sector.NONE) return code;
    const nearest = nearestWord(text, SECTOR_NAMES.slice(1), SECTOR_ALIASES);
    const advice = nearest === null ? '' : `; did you mean ${nearest}?`;
    this.refuse(SECTOR, `the sector is ${shown(text)}; allowed are ${SECTORS}${advice}`);
    return Sector.NONE;
  }

  private readScope(text: string): Scope {
    const code = SCOPE_NAMES.indexOf(text as (typeof SCOPE_NAMES)[number]);
    if (code >= 0) return code as Scope;
    const nearest = nearestWord(text, SCOPE_NAMES.slice(1), SCOPE_ALIASES);
    const advice = nearest === null ? '' : `; did you mean ${nearest}?`;
    this.refuse(SCOPE, `the scope is ${shown(text)}; allowed are ${SCOPES}, or nothing for either end${advice}`);
    return Scope.EITHER;
  }

  private readProtocols(text: string): number {
    if (text === '') return 0;
    let set = 0;
    let at = 0;
    for (const name of text.split(';')) {
      const code = PROTOCOL_NAMES.indexOf(name as (typeof PROTOCOL_NAMES)[number]);
      if (code <= Protocol.NONE) {
        const problem = `the protocol is ${shown(name)}; allowed are ${PROTOCOLS_ALLOWED}, with ";" between`;
        this.refuse(PROTOCOLS, `${problem}${protocolAdvice(name)}`, at);
      } else if ((set & (1 << code)) !== 0) {
        this.refuse(PROTOCOLS, `${name} is listed twice`, at);
      } else {
        set |= 1 << code;
      }
      at += name.length + 1;
    }
    return set;
  }

  /**
   * The start or end of validity; infinite where empty. In `valid_until`, a date without a time includes its whole day,
   * UTC.
   */
  private readTime(text: string, field: number): number {
    if (text === '') return field === VALID_FROM ? -Infinity : Infinity;
    const date = parseDate(text);
    const time = Number.isNaN(date) ? parseInstant(text) : field === VALID_UNTIL ? date + MICROS_PER_DAY : date;
    if (Number.isNaN(time)) {
      const wanted = 'write a date like 2024-11-30, or a time with its zone like 2024-11-30T18:00:00+05:00';
      const advice = this.issues.isFull ? null : adviseOnDate(text, field === VALID_UNTIL);
      this.refuse(field, `${REGISTRY_FIELDS[field]!} is ${shown(text)}, not an ISO 8601 date; ${advice ?? wanted}`);
    }
    return time;
  }

  private refusePrefix(text: string): void {
    const { message, column } = this.prefix;
    const advice = this.issues.isFull ? null : adviseOnPrefix(text);
    this.refuse(PREFIX, advice ?? message, column - 1);
  }

  private refuse(field: number, message: string, offset = 0): void {
    const column = this.issues.isFull ? 1 : fieldColumn(this.line, field, this.separator);
    this.issues.error(this.lineNumber, column + offset, message);
  }
}

/** The advice for an unknown protocol; empty where no name is similar. */
function protocolAdvice(name: string): string {
  if (ANY_PROTOCOL.test(name.trim())) return '; leave the field empty for any protocol';
  const names = PROTOCOL_NAMES.slice(1);
  const parts = name.split(/[\s,/+&|]+|\band\b/).filter((part) => part !== '');
  const nearest = parts.map((part) => nearestWord(part, names, PROTOCOL_ALIASES));
  if (nearest.length === 0 || nearest.length > names.length || nearest.includes(null)) return '';
  return `; did you mean ${[...new Set(nearest)].join(';')}?`;
}

const SHOWN_LENGTH = 40;

/** A text from the file, quoted and shortened for a message. */
function shown(text: string): string {
  if (text === '') return 'missing';
  return JSON.stringify(text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text);
}
