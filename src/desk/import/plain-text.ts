/** Digits of other scripts as ASCII, and no marks that only turn the direction of text, as sheets in Urdu have. */

const MARKS = /[\u00ad\u200b\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]/g;
const DIGITS = /[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u09e6-\u09ef]/g;
const FIRST_DIGITS = [0x0660, 0x06f0, 0x0966, 0x09e6];

/** For addresses and days; names keep what they have. */
export function plainText(text: string): string {
  return text.replace(MARKS, '').replace(DIGITS, (digit) => {
    const code = digit.charCodeAt(0);
    return String(code - FIRST_DIGITS.findLast((first) => first <= code)!);
  });
}
