/**
 * Where a field of CSV ends, by its bytes, in files that are UTF-8. Whatever could make the field more than it looks like ends it too: a quote, a control character,
 * the beginning of a character that may be a space or can't be seen. Who then finds no comma and no end of line there leaves the line to the library.
 */
const QUOTE = 34;
const COMMA = 44;
const SPACE = 32;
const DELETE = 127;
/** Leads of U+0080…, U+1000…, U+2000…, U+3000… and U+F000…: where controls, spaces, marks of direction and the byte order mark are. */
const DOUBTFUL_LEADS = [0xc2, 0xe1, 0xe2, 0xe3, 0xef];

/** 1 for bytes that end a field. */
export const ENDS_FIELD = new Uint8Array(256);
ENDS_FIELD.fill(1, 0, SPACE);
for (const byte of [QUOTE, COMMA, DELETE, ...DOUBTFUL_LEADS]) ENDS_FIELD[byte] = 1;

/** The first byte from `at` on that ends a field, or the end of the file. */
export function fieldEnd(bytes: Uint8Array, at: number): number {
  let end = at;
  while (end < bytes.length && ENDS_FIELD[bytes[end]!] === 0) end++;
  return end;
}
