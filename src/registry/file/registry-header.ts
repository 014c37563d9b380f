/**
 * The first line of a registry file: the names of its fields, and the character between them. A registry has commas; a file with
 * another separator is refused, and its rows are still read by that separator, so that one run shows what else is wrong with them.
 */
import type { IssueList } from '../../core/issue.ts';
import { adviseOnPrefix } from './prefix-advice.ts';
import { PrefixParser } from '../prefix.ts';
import { REGISTRY_FIELDS } from './registration-fields.ts';
import { nearestWord } from './word-advice.ts';

export const REGISTRY_HEADER = REGISTRY_FIELDS.join(',');
export const COMMA = ',';

const SEPARATOR_NAMES: Readonly<Record<string, string>> = { ';': 'semicolons', '\t': 'tabs', '|': 'vertical bars' };
/** Names of a header that tell its separator. */
const TELLING_NAMES = 2;
/** The line that Excel writes or reads before a header. */
const SEPARATOR_LINE = /^"?sep=.?"?$/i;
/** Bytes at the head of a file that are searched for its header. */
const SNIFF_LENGTH = 4096;

/** The character between the fields of a file, by its header: a comma unless another one fits better. */
export function separatorOf(bytes: Uint8Array): string {
  const head = new TextDecoder().decode(bytes.subarray(0, SNIFF_LENGTH));
  const line = head.split(/\r?\n|\r/).find((text) => text !== '' && !SEPARATOR_LINE.test(text)) ?? '';
  if (knownNames(line, COMMA) >= TELLING_NAMES) return COMMA;
  for (const separator of Object.keys(SEPARATOR_NAMES)) {
    if (knownNames(line, separator) >= TELLING_NAMES) return separator;
    if (line.split(separator).length === REGISTRY_FIELDS.length && !line.includes(COMMA)) return separator;
  }
  return COMMA;
}

function knownNames(line: string, separator: string): number {
  return line.split(separator).filter((name) => isKnown(plainName(name))).length;
}

function isKnown(name: string): boolean {
  return (REGISTRY_FIELDS as readonly string[]).includes(name);
}

function plainName(name: string): string {
  return name
    .replace(/["\ufeff]/g, '')
    .trim()
    .toLowerCase();
}

/** True for a line that is no header but stands before it. */
export function isSeparatorLine(line: string): boolean {
  return SEPARATOR_LINE.test(line);
}

/** Reports what is wrong with the header. */
export function checkHeader(line: string, lineNumber: number, separator: string, issues: IssueList): void {
  if (line === REGISTRY_HEADER) return;
  if (separator !== COMMA) {
    const at = line.indexOf(separator);
    issues.error(
      lineNumber,
      at + 1,
      `the fields are separated by ${SEPARATOR_NAMES[separator]!}; ${conversion(separator)}`,
    );
    const names = line.split(separator).map(plainName);
    if (names.join() !== REGISTRY_HEADER) issues.error(lineNumber, 1, headerFault(names));
    return;
  }
  let column = 1;
  while (line[column - 1] === REGISTRY_HEADER[column - 1]) column++;
  const names = line.split(COMMA);
  issues.error(lineNumber, column, headerFault(names));
}

function conversion(separator: string): string {
  const delimiter = separator === '\t' ? '\\t' : separator;
  const command = `python3 -c "import csv,sys; csv.writer(sys.stdout).writerows(csv.reader(sys.stdin, delimiter='${delimiter}'))" <OLD >NEW`;
  return `save the table as "CSV UTF-8 (comma delimited)", or convert it: ${command}`;
}

function headerFault(names: readonly string[]): string {
  const wanted = `the header must be exactly ${REGISTRY_HEADER}`;
  const [first = ''] = names;
  if (!isKnown(plainName(first)) && (new PrefixParser().parse(first.trim()) || adviseOnPrefix(first) !== null))
    return `the file begins with a row: ${wanted}, on a line before it`;
  const plain = names.map(plainName);
  if (plain.join() === REGISTRY_HEADER) return `${wanted}, without spaces, quotes or capitals`;
  const missing = REGISTRY_FIELDS.filter((name) => !plain.includes(name));
  const foreign = plain.filter((name) => !isKnown(name));
  if (missing.length === 0 && foreign.length === 0) {
    return plain.length > REGISTRY_FIELDS.length
      ? `${wanted}; a name is there twice`
      : `${wanted}; here the fields are in another order`;
  }
  if (missing.length === REGISTRY_FIELDS.length) return wanted;
  const parts = [];
  if (missing.length > 0) parts.push(`missing: ${missing.join(', ')}`);
  if (foreign.length > 0) parts.push(`not known: ${foreign.map((name) => withNearest(name, missing)).join(', ')}`);
  return `${wanted}; ${parts.join('; ')}`;
}

function withNearest(name: string, missing: readonly string[]): string {
  const shown = JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name);
  const nearest = nearestWord(name, missing);
  return nearest === null ? shown : `${shown} (meant ${nearest}?)`;
}
