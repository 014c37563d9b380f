/**
 * A file of events as a table: opened by its path, filled with events, and closed with what the format needs at its
 * end.
 */
import { LineOutput } from '../log/line-output.ts';
import type { EventType } from '../event/schema/event-schema.ts';
import { CsvRows } from './csv-rows.ts';
import { ParquetRows } from './parquet-rows.ts';
import { columnsOf } from './table-columns.ts';
import type { TableFormat } from './table-format.ts';
import type { TableRows } from './table-rows.ts';

export class TableOutput {
  private readonly output: LineOutput;
  private readonly rows: TableRows;

  constructor(path: string, format: TableFormat, type: EventType) {
    this.output = new LineOutput(path);
    const columns = columnsOf(type);
    const { text } = this.output;
    this.rows = format === 'csv' ? new CsvRows(columns, text) : new ParquetRows(type, columns, text);
  }

  write(event: object): void {
    this.rows.add(event);
  }

  /** Starts a write of what is ready, or waits if that is a lot. Throws OutputError if the output failed. */
  settle(): Promise<void> {
    return this.output.settle();
  }

  /** Writes the rest and closes the file. Throws OutputError if the output failed. */
  close(): Promise<void> {
    this.rows.finish();
    return this.output.close();
  }
}
