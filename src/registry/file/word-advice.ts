/** The word that was probably meant, where one of a few is asked for. */

/** A word may differ from the one that is meant by a third of its letters. */
const LETTERS_PER_SLIP = 3;
/** Longer texts are no word with a slip in it. */
const LONGEST_WORD = 40;

/** The nearest of `names`, or null where none is near. `aliases` are other words for them, in lower case letters. */
export function nearestWord(
  text: string,
  names: readonly string[],
  aliases: Readonly<Record<string, string>> = {},
): string | null {
  if (text.length > LONGEST_WORD) return null;
  const word = lettersOf(text);
  const alias = Object.hasOwn(aliases, word) ? aliases[word] : undefined;
  if (alias !== undefined) return alias;
  let nearest: string | null = null;
  let fewest = Infinity;
  for (const name of names) {
    const slips = slipsBetween(word, lettersOf(name));
    if (slips >= fewest || slips > Math.floor(lettersOf(name).length / LETTERS_PER_SLIP)) continue;
    nearest = name;
    fewest = slips;
  }
  return nearest;
}

function lettersOf(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/** Letters to add, drop or change (Levenshtein's distance). */
function slipsBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, i) => i);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const change = row[j - 1]! + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[other.length]!;
}
