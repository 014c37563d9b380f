/** Finds the valid word that is most similar to a mistyped one. */

/** The edit distance may be one for this many letters of the valid word. */
const LETTERS_PER_EDIT = 3;
/** Longer texts are not compared. */
const LONGEST_WORD = 40;

/**
 * The nearest of `names`, or null where none is similar. `aliases` maps other words, in lower case letters, to names.
 */
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
    const edits = editDistance(word, lettersOf(name));
    if (edits >= fewest || edits > Math.floor(lettersOf(name).length / LETTERS_PER_EDIT)) continue;
    nearest = name;
    fewest = edits;
  }
  return nearest;
}

function lettersOf(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/** The Levenshtein distance. */
function editDistance(one: string, other: string): number {
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
