/**
 * A field of CSV for people who open it in a spreadsheet: a text that begins like a formula gets an apostrophe before
 * it.
 */
import { csvField } from './csv-field.ts';

const LIKE_A_FORMULA = /^[=+\-@\t\r]/;

export function sheetField(value: unknown): string {
  return csvField(typeof value === 'string' && LIKE_A_FORMULA.test(value) ? `'${value}` : value);
}
