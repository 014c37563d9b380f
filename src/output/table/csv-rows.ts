/**
 * Events as CSV (RFC 4180): a header, line breaks of CR and LF, quotes around fields that need them, UTF-8. Values stay
 * as they are: a text that a spreadsheet would take for a formula is not changed. Null is an empty field, an empty text
 * is a pair of quotes.
 */
import type { ByteWriter } from '../event/byte-writer.ts';
import { csvField } from './csv-field.ts';
import { type Column, fieldOf } from './table-columns.ts';
import type { TableRows } from './table-rows.ts';

const END_OF_LINE = '\r\n';

export class CsvRows implements TableRows {
  private readonly columns: readonly Column[];
  private readonly target: ByteWriter;

  constructor(columns: readonly Column[], target: ByteWriter) {
    this.columns = columns;
    this.target = target;
    this.putRow(columns.map(({ name }) => csvField(name)));
  }

  add(event: object): void {
    this.putRow(this.columns.map((column) => csvField(fieldOf(event, column))));
  }

  finish(): void {
    // Every row is complete.
  }

  private putRow(fields: readonly string[]): void {
    this.target.putText(fields.join(',') + END_OF_LINE);
  }
}
