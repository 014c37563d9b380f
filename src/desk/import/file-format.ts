/** The format of a file by its content, whatever its name says. */
import { UnreadableFile } from './sheet.ts';

const SIGNATURES: readonly (readonly [bytes: readonly number[], message: string])[] = [
  [
    [0xd0, 0xcf, 0x11, 0xe0],
    'this is an old Excel file (.xls), or one with a password: open it, choose "Save as", and save it as .xlsx or CSV',
  ],
  [[0x25, 0x50, 0x44, 0x46], 'this is a PDF: ask for the table as .xlsx or CSV'],
  [[0x89, 0x50, 0x4e, 0x47], 'this is a picture: ask for the table as .xlsx or CSV'],
  [[0xff, 0xd8, 0xff], 'this is a picture: ask for the table as .xlsx or CSV'],
  [[0x1f, 0x8b], 'this file is compressed by gzip: unpack it first'],
  [[0x52, 0x61, 0x72, 0x21], 'this is a RAR archive: unpack it first'],
  [[0x37, 0x7a, 0xbc, 0xaf], 'this is a 7z archive: unpack it first'],
  [[0x7b, 0x5c, 0x72, 0x74, 0x66], 'this is a text document (.rtf): copy the table into a spreadsheet, and save that'],
];
const ZIP = [0x50, 0x4b, 0x03, 0x04];
const MARKUP = /^[\s\ufeff]*<(?:!doctype|html|head|body|table|\?xml|workbook)/i;
const HEAD_BYTES = 512;
const UTF_16 = [
  [0xff, 0xfe],
  [0xfe, 0xff],
];

/** Throws UnreadableFile for what is neither a workbook nor text. */
export function formatOf(content: Uint8Array): 'xlsx' | 'csv' {
  const begins = (bytes: readonly number[]): boolean => bytes.every((byte, at) => content[at] === byte);
  if (content.length === 0) throw new UnreadableFile('the file is empty');
  if (begins(ZIP)) return 'xlsx';
  for (const [bytes, message] of SIGNATURES) if (begins(bytes)) throw new UnreadableFile(message);
  const head = Buffer.from(content.subarray(0, HEAD_BYTES));
  if (MARKUP.test(head.toString('latin1')))
    throw new UnreadableFile(
      'this is a web page or XML, whatever its name says: open it in a spreadsheet, and save it as .xlsx',
    );
  if (UTF_16.some(begins) || isWideText(head)) return 'csv';
  if (head.includes(0))
    throw new UnreadableFile('this is neither a spreadsheet (.xlsx) nor text (CSV): save it as one of them');
  return 'csv';
}

/** UTF-16 without a byte order mark: about every second byte is zero. */
function isWideText(head: Uint8Array): boolean {
  return wideOrder(head) !== null;
}

/** The byte order of UTF-16 text without its mark; null for anything else. */
export function wideOrder(head: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  const zeros = [0, 0];
  for (const [at, byte] of head.entries()) if (byte === 0) zeros[at % 2]!++;
  const half = head.length / 2;
  const [even, odd] = zeros as [number, number];
  if (odd > half * 0.4 && even < half * 0.05) return 'utf-16le';
  return even > half * 0.4 && odd < half * 0.05 ? 'utf-16be' : null;
}
