/** Arrays of numbers as text for a state file: little-endian bytes in base64. */

const WORD_BYTES = 4;
const DOUBLE_BYTES = 8;
const NOT_PACKED = 'packed numbers must be base64 of whole numbers';

/** Packs integers of 32 bits. */
export function packWords(words: ArrayLike<number>): string {
  const bytes = Buffer.alloc(words.length * WORD_BYTES);
  for (let i = 0; i < words.length; i++) bytes.writeInt32LE(words[i]! | 0, i * WORD_BYTES);
  return bytes.toString('base64');
}

/** Throws TypeError where the value was not made by `packWords`. */
export function unpackWords(value: unknown): Int32Array {
  const bytes = bytesOf(value, WORD_BYTES);
  return Int32Array.from({ length: bytes.length / WORD_BYTES }, (_, i) => bytes.readInt32LE(i * WORD_BYTES));
}

/** Packs numbers from 0 to 255. */
export function packBytes(numbers: readonly number[]): string {
  return Buffer.from(numbers).toString('base64');
}

/** Throws TypeError where the value was not made by `packBytes`. */
export function unpackBytes(value: unknown): Uint8Array {
  return bytesOf(value, 1);
}

/** Packs doubles, which may be infinite. */
export function packDoubles(numbers: ArrayLike<number>): string {
  const bytes = Buffer.alloc(numbers.length * DOUBLE_BYTES);
  for (let i = 0; i < numbers.length; i++) bytes.writeDoubleLE(numbers[i]!, i * DOUBLE_BYTES);
  return bytes.toString('base64');
}

/** Throws TypeError where the value was not made by `packDoubles`. */
export function unpackDoubles(value: unknown): Float64Array {
  const bytes = bytesOf(value, DOUBLE_BYTES);
  return Float64Array.from({ length: bytes.length / DOUBLE_BYTES }, (_, i) => bytes.readDoubleLE(i * DOUBLE_BYTES));
}

function bytesOf(value: unknown, size: number): Buffer {
  if (typeof value !== 'string') throw new TypeError(NOT_PACKED);
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length % size !== 0 || bytes.toString('base64') !== value) throw new TypeError(NOT_PACKED);
  return bytes;
}
