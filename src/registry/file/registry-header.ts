/**
 * Checks the header of a registry file and recognises its separator. A registry has commas. A file with another
 * separator is refused, but its rows are still parsed with that separator, so that one run shows all problems.
 */
import type { IssueList } from '../../core/issue.ts';
import { adviseOnPrefix } from './prefix-advice.ts';
import { PrefixParser } from '../prefix.ts';
import { REGISTRY_FIELDS, SCOPED_FIELDS } from './registration-fields.ts';
import { nearestWord } from './word-advice.ts';

export const REGISTRY_HEADER = REGISTRY_FIELDS.join(',');
const SCOPED_HEADER = SCOPED_FIELDS.join(',');
export const COMMA = ',';

const SEPARATOR_NAMES: Readonly<Record<string, string>> = { ';': 'semicolons', '\t': 'tabs', '|': 'vertical bars' };
/** A separator is recognised where it gives at least this many names of fields. */
const MIN_NAMES = 2;
/** The line with a separator that Excel writes or reads before a header. */
const SEPARATOR_LINE = /^"?sep=.?"?$/i;
/** Bytes at the start of a file that are searched for its header. */
const SNIFF_LENGTH = 4096;

/** The separator of a file, by its header: a comma unless another one fits better. */
export function separatorOf(bytes: Uint8Array): string {
  const head = new TextDecoder().decode(bytes.subarray(0, SNIFF_LENGTH));
  const line = head.split(/\r?\n|\r/).find((text) => text !== '' && !SEPARATOR_LINE.test(text)) ?? '';
  if (knownNames(line, COMMA) >= MIN_NAMES) return COMMA;
  for (const separator of Object.keys(SEPARATOR_NAMES)) {
    if (knownNames(line, separator) >= MIN_NAMES) return separator;
    const count = line.split(separator).length;
    const fits = count === REGISTRY_FIELDS.length || count === SCOPED_FIELDS.length;
    if (fits && !line.includes(COMMA)) return separator;
  }
  return COMMA;
}

function knownNames(line: string, separator: string): number {
  return line.split(separator).filter((name) => isKnown(plainName(name))).length;
}

function isKnown(name: string): boolean {
  return (SCOPED_FIELDS as readonly string[]).includes(name);
}

function plainName(name: string): string {
  return name
    .replace(/["\ufeff]/g, '')
    .trim()
    .toLowerCase();
}

/** True for a header whose last field is `scope`. */
export function hasScope(line: string, separator: string): boolean {
  const names = line.split(separator).map(plainName);
  return names.length === SCOPED_FIELDS.length && names.at(-1) === SCOPED_FIELDS.at(-1);
}

/** True for Excel's line before the header. */
export function isSeparatorLine(line: string): boolean {
  return SEPARATOR_LINE.test(line);
}

/** Reports the problems of the header. */
export function checkHeader(line: string, lineNumber: number, separator: string, issues: IssueList): void {
  if (line === REGISTRY_HEADER || line === SCOPED_HEADER) return;
  if (separator !== COMMA) {
    const at = line.indexOf(separator);
    const message = `the fields are separated by ${SEPARATOR_NAMES[separator]!}; ${conversionText(separator)}`;
    issues.error(lineNumber, at + 1, message);
    const names = line.split(separator).map(plainName);
    if (names.join() !== REGISTRY_HEADER && names.join() !== SCOPED_HEADER)
      issues.error(lineNumber, 1, headerFault(names));
    return;
  }
  let column = 1;
  while (line[column - 1] === REGISTRY_HEADER[column - 1]) column++;
  const names = line.split(COMMA);
  issues.error(lineNumber, column, headerFault(names));
}

function conversionText(separator: string): string {
  const delimiter = separator === '\t' ? '\\t' : separator;
  const program = `csv.writer(sys.stdout).writerows(csv.reader(sys.stdin, delimiter='${delimiter}'))`;
  const command = `python3 -c "import csv,sys; ${program}" <OLD >NEW`;
  return `save the table as "CSV UTF-8 (comma delimited)", or convert it: ${command}`;
}

function headerFault(names: readonly string[]): string {
  const wanted = `the header must be exactly ${REGISTRY_HEADER}`;
  const [first = ''] = names;
  if (!isKnown(plainName(first)) && (new PrefixParser().parse(first.trim()) || adviseOnPrefix(first) !== null))
    return `the file begins with a row: ${wanted}, on a line before it`;
  const plain = names.map(plainName);
  if (plain.join() === REGISTRY_HEADER || plain.join() === SCOPED_HEADER)
    return `${wanted}, without spaces, quotes or capitals`;
  const missing = REGISTRY_FIELDS.filter((name) => !plain.includes(name));
  const foreign = plain.filter((name) => !isKnown(name));
  if (missing.length === 0 && foreign.length === 0) {
    return new Set(plain).size < plain.length
      ? `${wanted}; a name appears twice`
      : `${wanted}; here the fields are in another order`;
  }
  if (missing.length === REGISTRY_FIELDS.length) return wanted;
  const parts = [];
  if (missing.length > 0) parts.push(`missing: ${missing.join(', ')}`);
  if (foreign.length > 0) parts.push(`unknown: ${foreign.map((name) => withNearest(name, missing)).join(', ')}`);
  return `${wanted}; ${parts.join('; ')}`;
}

function withNearest(name: string, missing: readonly string[]): string {
  const shown = JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name);
  const nearest = nearestWord(name, missing);
  return nearest === null ? shown : `${shown} (meant ${nearest}?)`;
}
