/** The format of an output of events, by the ending of its name. */
import { extname } from 'node:path';

export const TABLE_FORMATS = ['csv', 'parquet'] as const;
export type TableFormat = (typeof TABLE_FORMATS)[number];

/** Null for JSON Lines: every other ending, and standard output (`-`). */
export function tableFormatOf(path: string): TableFormat | null {
  const ending = extname(path).slice(1).toLowerCase();
  return TABLE_FORMATS.find((format) => format === ending) ?? null;
}
