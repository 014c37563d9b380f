/** Reads a file of either format, known by its content. Meant for a process of its own (sheet-process.ts). */
import { formatOf } from './file-format.ts';
import { readCsv } from './read-csv.ts';
import { readWorkbook } from './read-xlsx.ts';
import { isEmptyRow, type ReadFile, UnreadableFile } from './sheet.ts';
import type { OldEncoding } from './text-encoding.ts';

/** Rejects with UnreadableFile, whose message says what to do. */
export async function readSpreadsheet(content: Uint8Array, otherwise: OldEncoding): Promise<ReadFile> {
  const file = formatOf(content) === 'xlsx' ? await readWorkbook(content) : readCsv(content, otherwise);
  if (file.sheets.every(({ rows }) => rows.every(isEmptyRow))) throw new UnreadableFile('the file has no rows');
  return file;
}
