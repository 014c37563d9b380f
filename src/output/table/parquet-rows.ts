/**
 * Events as Apache Parquet, by hyparquet-writer. Rows are held as columns until a row group is full, and written then,
 * so memory is bounded. Groups end by the number of rows alone: the same events give the same bytes.
 */
import { ByteWriter as ParquetBytes, ParquetWriter } from 'hyparquet-writer';
import type { SchemaElement } from 'hyparquet';
import { parseMicros } from '../../core/units.ts';
import type { ByteWriter } from '../event/byte-writer.ts';
import { type EventType, SCHEMA_ID } from '../event/schema/event-schema.ts';
import { type Column, type ColumnType, fieldOf } from './table-columns.ts';
import type { TableRows } from './table-rows.ts';

/** Rows of a group. A decision's row has at most about 2 kB, most of it evidence. */
export const GROUP_ROWS = 1 << 15;

type Element = Omit<SchemaElement, 'name'>;

const TEXT: Element = { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } };
const ELEMENTS: Readonly<Record<ColumnType, Element>> = {
  string: TEXT,
  json: TEXT,
  time: { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' } },
  boolean: { type: 'BOOLEAN' },
  int32: { type: 'INT32' },
  int64: { type: 'INT64' },
  double: { type: 'DOUBLE' },
};

export class ParquetRows implements TableRows {
  private readonly columns: readonly Column[];
  private readonly target: ByteWriter;
  private readonly bytes = new ParquetBytes();
  private readonly writer: ParquetWriter;
  /** Values of the group under construction, by column. */
  private values: unknown[][];
  private rowCount = 0;

  constructor(type: EventType, columns: readonly Column[], target: ByteWriter) {
    this.columns = columns;
    this.target = target;
    this.values = columns.map(() => []);
    this.writer = new ParquetWriter({
      writer: this.bytes,
      schema: [{ name: 'event', num_children: columns.length }, ...columns.map(elementOf)],
      createdBy: 'sluice',
      kvMetadata: [
        { key: 'sluice.schema', value: SCHEMA_ID },
        { key: 'sluice.event_type', value: type },
      ],
    });
    this.handOver();
  }

  add(event: object): void {
    for (const [at, column] of this.columns.entries()) this.values[at]!.push(cellOf(event, column));
    if (++this.rowCount === GROUP_ROWS) this.writeGroup();
  }

  finish(): void {
    if (this.rowCount > 0) this.writeGroup();
    void this.writer.finish();
    this.handOver();
  }

  private writeGroup(): void {
    const { columns, values } = this;
    const columnData = columns.map(({ name }, at) => ({ name, data: values[at]! }));
    // Nothing is asynchronous where the target has no flush.
    void this.writer.write({ columnData, rowGroupSize: this.rowCount });
    this.values = columns.map(() => []);
    this.rowCount = 0;
    this.handOver();
  }

  /** Moves the bytes so far to the target. Offsets in the file go on. */
  private handOver(): void {
    this.target.putBytes(this.bytes.getBytes());
    this.bytes.index = 0;
  }
}

function elementOf({ name, type, isNullable }: Column): SchemaElement {
  return { name, ...ELEMENTS[type], repetition_type: isNullable ? 'OPTIONAL' : 'REQUIRED' };
}

function cellOf(event: object, column: Column): unknown {
  const value = fieldOf(event, column);
  if (value === null) return null;
  switch (column.type) {
    case 'time':
      return BigInt(parseMicros(value as string));
    case 'int64':
      return BigInt(value as number);
    case 'json':
      return JSON.stringify(value);
    default:
      return value;
  }
}
