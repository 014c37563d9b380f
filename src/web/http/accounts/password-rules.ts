/** What a password must be. Length is what counts; a few choices that are guessed first are refused with the reason. */

export const SHORTEST = 12;
export const LONGEST = 256;
const FEWEST_CHARACTERS = 5;

/** Words that lists of common passwords begin with, and those of this place. */
const COMMON = [
  'password',
  'passwort',
  'parol',
  'qwerty',
  'letmein',
  'welcome',
  'admin',
  'changeme',
  'sluice',
  'secret',
];
const ROWS = ['01234567890', '09876543210', 'abcdefghijklmnopqrstuvwxyz', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm'];

/** Null for a password that may be used, else what is wrong with it. */
export function passwordProblem(password: string, name: string): string | null {
  const characters = Array.from(password);
  const plain = password.toLowerCase();
  if (characters.length < SHORTEST) return `it needs at least ${SHORTEST} characters, and has ${characters.length}`;
  if (characters.length > LONGEST) return `it may have at most ${LONGEST} characters`;
  // eslint-disable-next-line no-control-regex -- which are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(password)) return 'it has a control character, such as a tab or a line end';
  if (new Set(characters).size < FEWEST_CHARACTERS)
    return `it has fewer than ${FEWEST_CHARACTERS} different characters`;
  const part = name.split('@')[0]!;
  if (part.length > 2 && left(plain, [part, name]) < SHORTEST / 2)
    return 'it is little more than the name of the account';
  if (left(plain, COMMON) < SHORTEST / 2) return 'it is little more than a word that is guessed first';
  if (left(plain, ROWS.flatMap(runsOf)) < SHORTEST / 2) return 'it is little more than keys in a row';
  return null;
}

/** How many letters are left without these words, and without digits at the end. */
function left(password: string, words: readonly string[]): number {
  let rest = password;
  for (const word of words) rest = rest.replaceAll(word, '');
  if (rest === password) return Infinity;
  return rest.replace(/[\d\W_]+$/u, '').length;
}

/** All parts of a row of at least five keys, the longest first. */
function runsOf(row: string): string[] {
  const runs: string[] = [];
  for (let length = row.length; length >= 5; length--)
    for (let from = 0; from + length <= row.length; from++) runs.push(row.slice(from, from + length));
  return runs;
}
