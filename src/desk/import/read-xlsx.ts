/** Reads a workbook. Formulas are not calculated: what the file has stored for them is named as such. */
import { type Cell as WorkbookCell, type CellValue, readXlsx, type Sheet as WorkbookSheet } from 'hucre/xlsx';
import {
  type Cell,
  type CellKind,
  LONGEST_CELL,
  MOST_COLUMNS,
  MOST_ROWS,
  MOST_SHEETS,
  type ReadFile,
  type Sheet,
  type SheetRow,
  UnreadableFile,
} from './sheet.ts';
import { checkUnpackedSize } from './zip-size.ts';

const MIDNIGHT = 'T00:00:00';

/** Rejects with UnreadableFile. */
export async function readWorkbook(content: Uint8Array): Promise<ReadFile> {
  checkUnpackedSize(content);
  let found: readonly WorkbookSheet[];
  try {
    found = (await readXlsx(content)).sheets;
  } catch (error) {
    const { message } = error as Error;
    // The library says how far a sheet spans, and goes on with advice for programs.
    const span = /^Sheet ".*" spans \d+ rows x \d+ columns/s.exec(message);
    if (span !== null)
      throw new UnreadableFile(`${span[0]}, more than can be read: copy the table alone into a new workbook`);
    throw new UnreadableFile(
      `this is no workbook that can be read (${message}): open it in a spreadsheet, and save it as .xlsx again`,
    );
  }
  if (found.length > MOST_SHEETS)
    throw new UnreadableFile(`the workbook has more than ${MOST_SHEETS} sheets: save only the one with the table`);
  return { format: 'xlsx', sheets: found.map(sheetOf), notes: [] };
}

function sheetOf(sheet: WorkbookSheet): Sheet {
  const { name, hidden = false, veryHidden = false, columns = [], rowDefs } = sheet;
  const last = sheet.rows.findLastIndex((row) => row.some((value) => value !== null && value !== ''));
  if (last >= MOST_ROWS)
    throw new UnreadableFile(`the sheet “${name}” has more than ${MOST_ROWS} rows: split it into several files`);
  const merged = mergedCells(sheet);
  const rows: SheetRow[] = [];
  for (let row = 0; row <= last; row++) {
    const cells = cellsOf(sheet, row, merged);
    rows.push({ number: row + 1, cells, ...(rowDefs?.get(row)?.hidden === true && { isHidden: true }) });
  }
  const hiddenColumns = columns.flatMap((column, index) =>
    column.hidden === true && index < MOST_COLUMNS ? [index] : [],
  );
  return { name, isHidden: hidden || veryHidden, rows, hiddenColumns };
}

function cellsOf(sheet: WorkbookSheet, row: number, merged: ReadonlyMap<string, string>): (Cell | null)[] {
  const values = sheet.rows[row]!;
  const width = values.findLastIndex((value) => value !== null && value !== '') + 1;
  if (width > MOST_COLUMNS)
    throw new UnreadableFile(
      `the sheet “${sheet.name}” has more than ${MOST_COLUMNS} columns (row ${row + 1}): ` +
        'delete those that are not needed',
    );
  const cells: (Cell | null)[] = [];
  for (let column = 0; column < MOST_COLUMNS; column++) {
    const key = `${row},${column}`;
    const first = merged.get(key);
    const cell = first === undefined ? cellOf(values[column] ?? null, sheet.cells?.get(key)) : mergedCell(sheet, first);
    if (cell === null && column >= width) {
      if (!isWithinMerged(merged, row, column)) break;
    }
    cells.push(cell);
  }
  return cells;
}

/** A merged cell may be wider than the values of its row. */
function isWithinMerged(merged: ReadonlyMap<string, string>, row: number, column: number): boolean {
  for (let next = column; next < MOST_COLUMNS; next++) if (merged.has(`${row},${next}`)) return true;
  return false;
}

/** Each cell within merged ones but the first of them, with the first one. */
function mergedCells({ merges = [] }: WorkbookSheet): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { startRow, startCol, endRow, endCol } of merges)
    for (let row = startRow; row <= Math.min(endRow, MOST_ROWS); row++)
      for (let column = startCol; column <= Math.min(endCol, MOST_COLUMNS); column++)
        if (row !== startRow || column !== startCol) found.set(`${row},${column}`, `${startRow},${startCol}`);
  return found;
}

function mergedCell(sheet: WorkbookSheet, key: string): Cell | null {
  const [row, column] = key.split(',').map(Number) as [number, number];
  const cell = cellOf(sheet.rows[row]?.[column] ?? null, sheet.cells?.get(key));
  return cell === null ? null : { ...cell, isMerged: true };
}

function cellOf(value: CellValue, details: WorkbookCell | undefined): Cell | null {
  const isFormula = details?.formula !== undefined;
  if (value === null || value === '') return isFormula ? { text: '', kind: 'text', isFormula } : null;
  const text = textOfValue(value);
  const kind = text.length > LONGEST_CELL ? 'long' : kindOf(value, details);
  return { text: text.slice(0, LONGEST_CELL), kind, ...(isFormula && { isFormula }) };
}

function textOfValue(value: CellValue): string {
  if (!(value instanceof Date)) return String(value);
  if (Number.isNaN(value.getTime())) return '';
  const text = value.toISOString().slice(0, 19);
  return text.endsWith(MIDNIGHT) ? text.slice(0, -MIDNIGHT.length) : text;
}

function kindOf(value: CellValue, details: WorkbookCell | undefined): CellKind {
  if (details?.type === 'error') return 'error';
  if (value instanceof Date) return 'date';
  if (typeof value === 'number') return 'number';
  return typeof value === 'boolean' ? 'boolean' : 'text';
}
