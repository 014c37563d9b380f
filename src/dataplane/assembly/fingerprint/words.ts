/** Words of a fingerprint's state: 32-bit numbers from an address on, by their index. */

export function wordAt(words: usize, index: i32): i32 {
  return load<i32>(wordsFrom(words, index));
}

/** The same, unsigned. */
export function unsignedWordAt(words: usize, index: i32): u32 {
  return load<u32>(wordsFrom(words, index));
}

export function putWord(words: usize, index: i32, value: i32): void {
  store<i32>(wordsFrom(words, index), value);
}

/** Adds to a word, modulo 2^32; returns what it was. */
export function addToWord(words: usize, index: i32, amount: i32): i32 {
  const before = wordAt(words, index);
  putWord(words, index, before + amount);
  return before;
}

export function setBits(words: usize, index: i32, bits: i32): void {
  putWord(words, index, wordAt(words, index) | bits);
}

/** Address of the word `index`. */
export function wordsFrom(words: usize, index: i32): usize {
  return words + ((<usize>index) << 2);
}

/** Whole parts below this, in either direction, fit 64 bits. */
const WHOLE_LIMIT: f64 = 9223372036854775808;

/** The lower 32 bits of a number's whole part; 0 of what is none. */
export function lowWord(value: f64): i32 {
  return <i32>(<i64>(Math.abs(value) < WHOLE_LIMIT ? value : value % 4294967296.0));
}
