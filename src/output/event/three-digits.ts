/**
 * The decimal digits of the numbers below a thousand, each as the octets of one word, the first digit lowest: how numbers are written
 * without a division for each digit.
 */
const COUNT = 1000;
const LENGTH_SHIFT = 24;

/** By number: its digits without zeros before them, and in the upper octet how many they are. */
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

/** The digits of a number below 1000, to be written in little-endian order, with `lengthOf` them above. */
export function digitsOf(value: number): number {
  return PLAIN[value]!;
}

/** How many digits `digitsOf` has answered with. */
export function lengthOf(digits: number): number {
  return digits >>> LENGTH_SHIFT;
}

/** Three digits of a number below 1000. */
export function paddedDigitsOf(value: number): number {
  return PADDED[value]!;
}
