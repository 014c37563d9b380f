/**
 * A table of the decimal digits of the numbers below 1000. Each entry has the digits as bytes of one word, the first
 * digit lowest, so that a number is written without a division per digit.
 */
const COUNT = 1000;
const LENGTH_SHIFT = 24;

/** By number: its digits without leading zeros, and their count in the highest byte. */
const PLAIN = Int32Array.from({ length: COUNT }, (_, value) => {
  const text = String(value);
  return wordOf(text) | (text.length << LENGTH_SHIFT);
});
/** By number: three digits. */
const PADDED = Int32Array.from({ length: COUNT }, (_, value) => wordOf(String(value).padStart(3, '0')));

function wordOf(digits: string): number {
  let word = 0;
  for (let i = 0; i < digits.length; i++) word |= digits.charCodeAt(i) << (8 * i);
  return word;
}

/**
 * The digits of a number below 1000, to be written little-endian; `lengthOf` reads their count from the highest byte.
 */
export function digitsOf(value: number): number {
  return PLAIN[value]!;
}

/** Number of digits in a result of `digitsOf`. */
export function lengthOf(digits: number): number {
  return digits >>> LENGTH_SHIFT;
}

/** The digits of a number below 1000, padded to three. */
export function paddedDigitsOf(value: number): number {
  return PADDED[value]!;
}
