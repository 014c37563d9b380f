/** Outputs of events in the format that the ending of their name says: JSON Lines, CSV or Parquet. */
import type { EventType } from '../event/schema/event-schema.ts';
import { LineOutput } from '../log/line-output.ts';
import { tableFormatOf } from './table-format.ts';
import type { TableOutput } from './table-output.ts';

export interface EventOutput {
  write(event: object): void;
  settle(): Promise<void>;
  close(): Promise<void>;
}

/** A table for a path with the ending of one, else null. What writes tables is loaded only then. */
export async function openTable(path: string | undefined, type: EventType): Promise<TableOutput | null> {
  const format = path === undefined ? null : tableFormatOf(path);
  if (path === undefined || format === null) return null;
  const { TableOutput } = await import('./table-output.ts');
  return new TableOutput(path, format, type);
}

export async function openEvents(path: string, type: EventType): Promise<EventOutput> {
  const table = await openTable(path, type);
  if (table !== null) return table;
  const lines = new LineOutput(path);
  return {
    write: (event) => {
      lines.write(`${JSON.stringify(event)}\n`);
    },
    settle: () => lines.settle(),
    close: () => lines.close(),
  };
}
