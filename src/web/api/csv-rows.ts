/** A table as CSV (RFC 4180), for people who open it in a spreadsheet: a text that begins like a formula gets a quote before it. */
import { csvField } from '../../output/table/csv-field.ts';

export type CsvValue = string | number | null;

const END_OF_LINE = '\r\n';
const LIKE_A_FORMULA = /^[=+\-@\t\r]/;

export function csvOf(columns: readonly string[], rows: readonly (readonly CsvValue[])[]): string {
  return [columns, ...rows].map((row) => row.map(field).join(',') + END_OF_LINE).join('');
}

function field(value: CsvValue): string {
  return csvField(typeof value === 'string' && LIKE_A_FORMULA.test(value) ? `'${value}` : value);
}
