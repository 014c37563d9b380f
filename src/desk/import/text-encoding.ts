/** The text of a file whose character set is not said: by its mark, by what is valid, else as it is chosen. */
import { isUtf8 } from 'node:buffer';
import { wideOrder } from './file-format.ts';
import { UnreadableFile } from './sheet.ts';

/** What a file may be in that has no mark and is no UTF-8. */
export const OLD_ENCODINGS = {
  'windows-1252': 'Western European (Windows-1252)',
  'windows-1251': 'Cyrillic (Windows-1251)',
  'windows-1250': 'Central European (Windows-1250)',
  'windows-1254': 'Turkish (Windows-1254)',
  'windows-1256': 'Arabic (Windows-1256)',
} as const;
export type OldEncoding = keyof typeof OLD_ENCODINGS;

export function isOldEncoding(text: string): text is OldEncoding {
  return Object.hasOwn(OLD_ENCODINGS, text);
}

const HEAD_BYTES = 4096;

/** The text without its mark, and what a reader should know of it; null for nothing. */
export function decoded(
  content: Uint8Array,
  otherwise: OldEncoding,
): { readonly text: string; readonly note: string | null } {
  const marked = markedEncoding(content) ?? wideOrder(content.subarray(0, HEAD_BYTES));
  if (marked !== null) return { text: textIn(content, marked), note: null };
  if (isUtf8(content)) return { text: textIn(content, 'utf-8'), note: null };
  const text = new TextDecoder(otherwise).decode(content);
  const note =
    `The file does not say its character set. It was read as ${OLD_ENCODINGS[otherwise]}. ` +
    'Where names look wrong, upload it again and choose another.';
  return { text, note };
}

function markedEncoding(content: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' | null {
  const [first, second, third] = content;
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8';
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : null;
}

function textIn(content: Uint8Array, encoding: string): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(content);
  } catch {
    throw new UnreadableFile(
      `the file says that it is ${encoding.toUpperCase()}, and is not: save it again as "CSV UTF-8"`,
    );
  }
}
