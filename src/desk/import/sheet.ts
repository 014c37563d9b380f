/** A spreadsheet as it was read: sheets of rows of cells, before anybody has decided what the cells mean. */

export const MOST_ROWS = 5000;
export const MOST_COLUMNS = 64;
export const MOST_SHEETS = 32;
export const LONGEST_CELL = 2000;

export type CellKind =
  | 'text'
  | 'number'
  /** A day, or a day with a time; the text is ISO 8601. */
  | 'date'
  | 'boolean'
  /** An error value such as `#REF!`. */
  | 'error'
  /** Longer than LONGEST_CELL; the text is its beginning. */
  | 'long';

export interface Cell {
  /** As a person would read it, with the spaces that are there. */
  readonly text: string;
  readonly kind: CellKind;
  /** The text is the value that the file has stored for a formula, or is empty where it has stored none. */
  readonly isFormula?: true;
  /** The value is that of the first cell of merged ones. */
  readonly isMerged?: true;
}

export interface SheetRow {
  /** As the spreadsheet shows it, from 1; in CSV the line on which the row begins. */
  readonly number: number;
  readonly isHidden?: true;
  /** From column A; null where there is nothing. */
  readonly cells: readonly (Cell | null)[];
}

export interface Sheet {
  readonly name: string;
  readonly isHidden: boolean;
  /** Rows with at least one cell, and empty rows between them. */
  readonly rows: readonly SheetRow[];
  /** Columns that the spreadsheet hides, from 0. */
  readonly hiddenColumns: readonly number[];
}

export interface ReadFile {
  readonly format: 'xlsx' | 'csv';
  readonly sheets: readonly Sheet[];
  /** What a reader should know: the character set that was assumed, what was left out. */
  readonly notes: readonly string[];
}

/** The file cannot be read. The message says what to do. */
export class UnreadableFile extends Error {}

/** The text of a cell without spaces of any kind around it; empty for none. */
export function textOf(cell: Cell | null | undefined): string {
  return cell === null || cell === undefined ? '' : cell.text.replace(/[\s\u00a0\u200b\ufeff]+/gu, ' ').trim();
}

export function isEmptyRow({ cells }: SheetRow): boolean {
  return cells.every((cell) => cell === null || (textOf(cell) === '' && cell.isFormula !== true));
}

/** A, B, … Z, AA: the name of a column, from 0. */
export function columnName(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : columnName(Math.floor(index / 26) - 1) + letter;
}
