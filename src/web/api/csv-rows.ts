/**
 * A table as CSV (RFC 4180), for people who open it in a spreadsheet: a text that begins like a formula gets a quote
 * before it.
 */
import { sheetField } from '../../output/table/sheet-field.ts';

export type CsvValue = string | number | null;

const END_OF_LINE = '\r\n';

export function csvOf(columns: readonly string[], rows: readonly (readonly CsvValue[])[]): string {
  return [columns, ...rows].map((row) => row.map(sheetField).join(',') + END_OF_LINE).join('');
}
