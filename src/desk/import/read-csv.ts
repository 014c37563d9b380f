/** Reads a CSV file into one sheet. */
import { csvTable, type Separator } from './csv-table.ts';
import { type Cell, LONGEST_CELL, MOST_COLUMNS, MOST_ROWS, type ReadFile, UnreadableFile } from './sheet.ts';
import { decoded, type OldEncoding } from './text-encoding.ts';

const SEPARATOR_TITLES: Readonly<Record<Separator, string>> = {
  ',': 'commas',
  ';': 'semicolons',
  '\t': 'tabs',
  '|': 'vertical bars',
};
/** `="198.51.100.7"`: how a text is kept from becoming a number when the file is opened. */
const TEXT_FORMULA = /^="((?:[^"]|"")*)"$/;
/** A formula of a spreadsheet; a negative number or a dash alone is none. */
const FORMULA = /^=[^=]/;

/** Throws UnreadableFile. */
export function readCsv(content: Uint8Array, otherwise: OldEncoding): ReadFile {
  const { text, note } = decoded(content, otherwise);
  if (text.includes('\0'))
    throw new UnreadableFile('this is neither a spreadsheet (.xlsx) nor text (CSV): save it as one of them');
  const { rows, separator } = csvTable(text, MOST_ROWS);
  if (rows.length > MOST_ROWS)
    throw new UnreadableFile(`the file has more than ${MOST_ROWS} rows: split it into several files`);
  if (rows.some(({ fields }) => fields.length > MOST_COLUMNS))
    throw new UnreadableFile(
      `the file has rows of more than ${MOST_COLUMNS} columns: delete those that are not needed`,
    );
  const sheet = {
    name: '',
    isHidden: false,
    hiddenColumns: [],
    rows: rows.map(({ line, fields }) => ({ number: line, cells: fields.map(cellOf) })),
  };
  const notes = [`The fields are separated by ${SEPARATOR_TITLES[separator]}.`, ...(note === null ? [] : [note])];
  return { format: 'csv', sheets: [sheet], notes };
}

function cellOf(field: string): Cell | null {
  if (field.trim() === '') return null;
  if (field.length > LONGEST_CELL) return { text: field.slice(0, LONGEST_CELL), kind: 'long' };
  const literal = TEXT_FORMULA.exec(field.trim())?.[1];
  if (literal !== undefined) return { text: literal.replaceAll('""', '"'), kind: 'text' };
  // A formula has no value in a CSV file.
  return FORMULA.test(field.trim()) ? { text: '', kind: 'text', isFormula: true } : { text: field, kind: 'text' };
}
