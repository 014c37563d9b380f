/**
 * Finds the header of a table below its title lines, over one or two rows, and proposes what each column means. A
 * person can change all of it.
 */
import { LIKE_AN_ADDRESS } from '../../registry/like-an-address.ts';
import { type FieldName, FIELDS, fieldNamed, headerWords, IGNORED, type NameMatch } from './field.ts';
import { type Cell, isEmptyRow, type Sheet, type SheetRow, textOf } from './sheet.ts';

export interface TableLayout {
  /** The places in the sheet's rows of the header, from 0; null for a table without one. */
  readonly header: { readonly first: number; readonly last: number } | null;
  /** The place of the first row of data. */
  readonly firstData: number;
  /** The header of each column, in one text; empty for none. */
  readonly titles: readonly string[];
  readonly columns: readonly (FieldName | typeof IGNORED)[];
}

/** A header is looked for in so many rows. */
const SEARCHED_ROWS = 40;
/** Names of fields that make a row a header. */
const LEAST_NAMES = 2;
const SAMPLED_ROWS = 60;
/** A whole address: a day like 31.12.2026 only begins like one. */
const ADDRESS = /^\s*(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-f]{1,4}:[\da-f]{0,4}:.*[\da-f:])/i;
/** The least share of addresses in a column of addresses. Many that have other things are of postal addresses. */
const LEAST_SHARE = 0.3;
/** A name that says by itself that these are no postal addresses. */
const TECHNICAL = /\b(?:ips?|ipv[46]|cidr|subnets?|prefix(?:es)?|networks?|netz|подсеть|сеть)\b/;

export function layoutOf(sheet: Sheet): TableLayout {
  const header = headerOf(sheet);
  const firstData = header === null ? firstRowOfData(sheet) : header.last + 1;
  return layoutAt(sheet, header, firstData);
}

/** The layout of a table whose data begin at a place that a person has named; the header is before it. */
export function layoutFrom(sheet: Sheet, firstData: number): TableLayout {
  const found = headerOf(sheet);
  if (found !== null && found.last + 1 === firstData) return layoutAt(sheet, found, firstData);
  return layoutAt(sheet, firstData === 0 ? null : { first: firstData - 1, last: firstData - 1 }, firstData);
}

function layoutAt(sheet: Sheet, header: TableLayout['header'], firstData: number): TableLayout {
  const width = Math.max(0, ...sheet.rows.map(({ cells }) => cells.length));
  const titles = Array.from({ length: width }, (_, column) =>
    header === null ? '' : titleOf(sheet.rows.slice(header.first, header.last + 1), column),
  );
  return {
    header,
    firstData,
    titles,
    columns: proposed(titles, sheet.rows.slice(firstData, firstData + SAMPLED_ROWS)),
  };
}

function headerOf({ rows }: Sheet): TableLayout['header'] {
  let best = -1;
  let most = LEAST_NAMES - 1;
  for (const [place, row] of rows.slice(0, SEARCHED_ROWS).entries()) {
    const names = namesIn([row]);
    if (names > most && !row.cells.some(isData)) [most, best] = [names, place];
    // The data have begun: a header below would leave them out.
    if (row.cells.some(isAddress)) break;
  }
  if (best < 0) return null;
  // A group of columns may have its name above, and the parts of a name may be below.
  const above = rows[best - 1];
  const below = rows[best + 1];
  if (below !== undefined && !below.cells.some(isData) && namesIn([rows[best]!, below]) > most)
    return { first: best, last: best + 1 };
  if (above !== undefined && !isEmptyRow(above) && namesIn([above, rows[best]!]) > most)
    return { first: best - 1, last: best };
  return { first: best, last: isSecondLine(rows[best]!, below) ? best + 1 : best };
}

/** The row below has nothing but what the merged cells of the header have above it. */
function isSecondLine(header: SheetRow, below: SheetRow | undefined): boolean {
  if (below === undefined || isEmptyRow(below)) return false;
  return below.cells.every(
    (cell, column) => cell === null || (cell.isMerged === true && textOf(cell) === textOf(header.cells[column])),
  );
}

/** The fields that the titles of these rows together name, each once. */
function namesIn(rows: readonly SheetRow[]): number {
  const width = Math.max(0, ...rows.map(({ cells }) => cells.length));
  const fields = new Set<FieldName>();
  for (let column = 0; column < width; column++) {
    const match = fieldNamed(titleOf(rows, column));
    if (match !== null) fields.add(match.field);
  }
  return fields.size;
}

/** The texts above a column, each once: merged cells say the same several times. */
function titleOf(rows: readonly SheetRow[], column: number): string {
  return [...new Set(rows.map(({ cells }) => textOf(cells[column])).filter((text) => text !== ''))].join(' ');
}

function isData(cell: Cell | null): boolean {
  return cell !== null && (cell.kind === 'date' || isLikeAddress(cell));
}

function isLikeAddress(cell: Cell | null): boolean {
  return LIKE_AN_ADDRESS.test(textOf(cell));
}

function isAddress(cell: Cell | null): boolean {
  return ADDRESS.test(textOf(cell));
}

function firstRowOfData({ rows }: Sheet): number {
  const found = rows.findIndex(({ cells }) => cells.some(isAddress));
  return found < 0 ? 0 : found;
}

function proposed(titles: readonly string[], sample: readonly SheetRow[]): readonly (FieldName | typeof IGNORED)[] {
  const shares = titles.map((_, column) => addressShare(sample, column));
  const matches = titles.map((title, column) => {
    const match = fieldNamed(title);
    const isPostal = match?.field === 'own' && !TECHNICAL.test(headerWords(title)) && shares[column]! < LEAST_SHARE;
    return isPostal ? null : match;
  });
  const columns = matches.map((match, column) =>
    match !== null && isBest(match, column, matches) ? match.field : IGNORED,
  );
  if (columns.includes('own') || columns.includes('far')) return columns;
  const most = Math.max(0, ...shares);
  return columns.map((field, column) => (most >= LEAST_SHARE && shares[column] === most ? 'own' : field));
}

/** A field of which there is one takes the column whose name fits best. */
function isBest(match: NameMatch, column: number, matches: readonly (NameMatch | null)[]): boolean {
  if (FIELDS[match.field].isSeveral === true) return true;
  return matches.every(
    (other, place) =>
      place === column ||
      other?.field !== match.field ||
      other.score < match.score ||
      (other.score === match.score && place > column),
  );
}

function addressShare(sample: readonly SheetRow[], column: number): number {
  const filled = sample.map(({ cells }) => cells[column] ?? null).filter((cell) => textOf(cell) !== '');
  return filled.length === 0 ? 0 : filled.filter(isAddress).length / filled.length;
}
