/**
 * Reads one spreadsheet from its standard input, in a process of its own: a hostile file can take this process down,
 * and not the desk. Started with the character set in its argument; answers with one message.
 */
import { buffer } from 'node:stream/consumers';
import { readSpreadsheet } from './read-spreadsheet.ts';
import { type ReadFile, UnreadableFile } from './sheet.ts';
import { isOldEncoding } from './text-encoding.ts';

export type SheetAnswer = { readonly file: ReadFile } | { readonly problem: string };

const [, , encoding = ''] = process.argv;
let answer: SheetAnswer;
try {
  answer = {
    file: await readSpreadsheet(await buffer(process.stdin), isOldEncoding(encoding) ? encoding : 'windows-1252'),
  };
} catch (error) {
  if (!(error instanceof UnreadableFile)) throw error;
  answer = { problem: error.message };
}
process.send!(answer, () => {
  process.disconnect();
});
