/**
 * Splits the text of a CSV file as spreadsheets write it: any separator, and fields in quotes that may go over several
 * lines. The engine's own registry takes neither (registry/file/csv-record.ts), because its rows are not shown before
 * they are taken.
 */
import { UnreadableFile } from './sheet.ts';

export const SEPARATORS = [',', ';', '\t', '|'] as const;
export type Separator = (typeof SEPARATORS)[number];

export interface CsvRow {
  /** The line on which it begins, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

const SEPARATOR_LINE = /^"?sep=(.)"?$/i;
const SNIFFED_ROWS = 50;

/** All rows, also empty ones, with the separator that fits best. Throws UnreadableFile for a quote without its end. */
export function csvTable(text: string, mostRows: number): { readonly rows: CsvRow[]; readonly separator: Separator } {
  const end = text.search(/[\r\n]/);
  const said = SEPARATOR_LINE.exec(end < 0 ? text : text.slice(0, end))?.[1];
  if (said !== undefined && (SEPARATORS as readonly string[]).includes(said)) {
    const separator = said as Separator;
    return { rows: split(text, separator, mostRows).slice(1), separator };
  }
  const separator = bestSeparator(text);
  return { rows: split(text, separator, mostRows), separator };
}

/** The separator that gives most rows the same number of fields, and more than one. */
function bestSeparator(text: string): Separator {
  let best: Separator = ',';
  let most = 0;
  for (const separator of SEPARATORS) {
    const counts = new Map<number, number>();
    for (const { fields } of split(text, separator, SNIFFED_ROWS, true))
      if (fields.length > 1) counts.set(fields.length, (counts.get(fields.length) ?? 0) + 1);
    for (const [count, rows] of counts) {
      const score = rows * Math.log2(count);
      if (score > most) [most, best] = [score, separator];
    }
  }
  return best;
}

/** Stops after `most` rows and one more, which shows that there are too many. `isTrial`: an open quote is not told. */
function split(text: string, separator: string, most: number, isTrial = false): CsvRow[] {
  const rows: CsvRow[] = [];
  let fields: string[] = [];
  let line = 1;
  let rowLine = 1;
  let at = 0;
  while (at < text.length && rows.length <= most) {
    const { value, next, isOpen } = fieldAt(text, at, separator);
    if (isOpen && !isTrial)
      throw new UnreadableFile(
        `line ${line}: a quote is opened and not closed, so the rows after it cannot be told apart`,
      );
    fields.push(value);
    // Only a field in quotes goes over several lines.
    if (value.includes('\n') || value.includes('\r')) line += lineEnds(text.slice(at, next));
    at = next;
    if (text[at] === separator) {
      at++;
      if (at === text.length) fields.push('');
      else continue;
    }
    if (text[at] === '\r' && text[at + 1] === '\n') at++;
    if (at < text.length) at++;
    rows.push({ line: rowLine, fields });
    fields = [];
    line++;
    rowLine = line;
  }
  if (fields.length > 0) rows.push({ line: rowLine, fields });
  return rows;
}

/** A field from `at` on, and where the separator or the end of the line after it is. */
function fieldAt(
  text: string,
  at: number,
  separator: string,
): { readonly value: string; readonly next: number; readonly isOpen: boolean } {
  const first = skipSpaces(text, at, separator);
  if (text[first] !== '"') return { ...plainField(text, at, separator), isOpen: false };
  let value = '';
  let from = first + 1;
  for (;;) {
    const quote = text.indexOf('"', from);
    if (quote < 0) return { value: value + text.slice(from), next: text.length, isOpen: true };
    value += text.slice(from, quote);
    if (text[quote + 1] !== '"') {
      // What follows the quote up to the separator belongs to the field too: nothing is dropped.
      const rest = plainField(text, quote + 1, separator);
      return { value: value + (rest.value.trim() === '' ? '' : rest.value), next: rest.next, isOpen: false };
    }
    value += '"';
    from = quote + 2;
  }
}

function skipSpaces(text: string, at: number, separator: string): number {
  let first = at;
  while (text[first] === ' ' || (text[first] === '\t' && separator !== '\t')) first++;
  return first;
}

function plainField(text: string, at: number, separator: string): { readonly value: string; readonly next: number } {
  let next = at;
  while (next < text.length && text[next] !== separator && text[next] !== '\n' && text[next] !== '\r') next++;
  return { value: text.slice(at, next), next };
}

/** Lines that end within a piece: LF, CRLF, or CR alone. */
function lineEnds(text: string): number {
  return text.match(/\r\n|\n|\r/g)?.length ?? 0;
}
