/**
 * Finds the end of a CSV field in UTF-8 bytes. Besides a comma, every byte that needs the text parser ends a field: a
 * quote, a control character, and the first byte of a character that may be a space or invisible. A caller that finds
 * neither a comma nor the end of the line there declines the line.
 */
const QUOTE = 34;
const COMMA = 44;
const SPACE = 32;
const DELETE = 127;
/**
 * First bytes of U+0080…, U+1000…, U+2000…, U+3000… and U+F000…, which include controls, spaces, direction marks and
 * the byte order mark.
 */
const DOUBTFUL_LEADS = [0xc2, 0xe1, 0xe2, 0xe3, 0xef];

/** By byte: 1 where it ends a field. */
export const ENDS_FIELD = new Uint8Array(256);
ENDS_FIELD.fill(1, 0, SPACE);
for (const byte of [QUOTE, COMMA, DELETE, ...DOUBTFUL_LEADS]) ENDS_FIELD[byte] = 1;

/** The position of the first byte from `at` on that ends a field, or the end of the file. */
export function fieldEnd(bytes: Uint8Array, at: number): number {
  let end = at;
  while (end < bytes.length && ENDS_FIELD[bytes[end]!] === 0) end++;
  return end;
}
