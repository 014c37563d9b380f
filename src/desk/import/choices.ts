/** What the reviewer has chosen for reading a file: proposed at first, and kept with the import. */
import type { SectorName } from '../model/kind.ts';
import type { DateOrder } from './date-cell.ts';
import type { FieldName, IGNORED } from './field.ts';
import { layoutFrom, layoutOf } from './header.ts';
import { isEmptyRow, type ReadFile, type Sheet } from './sheet.ts';

export interface Choices {
  /** The place of the sheet in the file, from 0. */
  readonly sheet: number;
  /** The place of the first row of data among the sheet's rows. */
  readonly firstData: number;
  readonly columns: readonly (FieldName | typeof IGNORED)[];
  readonly dateOrder: DateOrder;
  /** For rows that do not say; empty for nothing. */
  readonly isp: string;
  readonly sector: SectorName | '';
  readonly validFrom: string;
  readonly validUntil: string;
}

/** The first choices: the first sheet that is shown and has rows, its columns by their names, the period from today. */
export function firstChoices({ sheets }: ReadFile, today: string, isps: readonly string[]): Choices {
  const filled = (sheet: Sheet): boolean => !sheet.rows.every(isEmptyRow);
  const shown = sheets.findIndex((sheet) => !sheet.isHidden && filled(sheet));
  const sheet = shown < 0 ? sheets.findIndex(filled) : shown;
  const { firstData, columns } = layoutOf(sheets[sheet]!);
  const isp = isps.length === 1 ? isps[0]! : '';
  return { sheet, firstData, columns, dateOrder: '', isp, sector: '', validFrom: today, validUntil: '' };
}

/** The proposal for another sheet, or for a table that begins at another row; null for the header that is found. */
export function choicesFor({ sheets }: ReadFile, before: Choices, sheet: number, firstData: number | null): Choices {
  const layout = firstData === null ? layoutOf(sheets[sheet]!) : layoutFrom(sheets[sheet]!, firstData);
  return { ...before, sheet, firstData: layout.firstData, columns: layout.columns };
}
