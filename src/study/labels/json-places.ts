/**
 * Where values begin in a JSON text: JSON.parse gives values without places, and a user has to find a mistake. The text
 * is valid JSON, so the walk checks nothing; it is a loop and not a recursion, because a text may nest deeply.
 */

/** Names and indexes from the top of the value, as zod gives them. */
export type JsonPath = readonly PropertyKey[];

const SPACE = /[\s:,]*/y;
const STRING = /"(?:[^"\\]|\\.)*"/y;
const BARE = /[^\s,\]}]+/y;
const SEPARATOR = '\u0000';

/**
 * The offset of each path in the text. A path without a value, such as that of a missing key, has the offset of the
 * value around it.
 */
export function jsonOffsets(text: string, paths: readonly JsonPath[]): number[] {
  const wanted = new Set(paths.flatMap((path) => path.map((_, depth) => nameOf(path.slice(0, depth + 1)))));
  const found = walk(text, wanted);
  return paths.map((path) => {
    for (let depth = path.length; depth > 0; depth--) {
      const offset = found.get(nameOf(path.slice(0, depth)));
      if (offset !== undefined) return offset;
    }
    return found.get('')!;
  });
}

/**
 * The offset of a syntax error, by the message of JSON.parse. Messages about an unexpected token do not say where it
 * is: it ends the shortest beginning of the text that has one.
 */
export function jsonErrorOffset(text: string, message: string): number {
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position !== undefined) return Number(position);
  let [least, most] = [0, text.length + 1];
  while (least < most) {
    const middle = (least + most) >> 1;
    if (hasUnexpectedToken(text.slice(0, middle))) most = middle;
    else least = middle + 1;
  }
  return Math.min(least - 1, text.length);
}

function hasUnexpectedToken(text: string): boolean {
  try {
    JSON.parse(text);
    return false;
  } catch (error) {
    return (error as SyntaxError).message.startsWith('Unexpected token');
  }
}

/** Line and column, from 1, of an offset. */
export function placeAt(text: string, offset: number): readonly [line: number, column: number] {
  let [line, start] = [1, 0];
  for (let feed = text.indexOf('\n'); feed >= 0 && feed < offset; feed = text.indexOf('\n', start)) {
    line++;
    start = feed + 1;
  }
  return [line, offset - start + 1];
}

interface Level {
  readonly name: string;
  /** False within a level that leads to no wanted path. */
  readonly isWanted: boolean;
  /** The next index of a list; -1 in an object. */
  index: number;
}

/** The offsets of the wanted values by their names; of equal keys the last, as JSON.parse takes it. */
function walk(text: string, wanted: ReadonlySet<string>): Map<string, number> {
  const offsets = new Map<string, number>();
  const levels: Level[] = [];
  let at = 0;
  let key = '';
  while ((at = endOf(SPACE, text, at)) < text.length) {
    const level = levels.at(-1);
    if (text[at] === ']' || text[at] === '}') {
      levels.pop();
      at++;
      continue;
    }
    if (level?.index === -1 && key === '') {
      const end = endOf(STRING, text, at);
      key = ` ${level.isWanted ? (JSON.parse(text.slice(at, end)) as string) : ''}`;
      at = end;
      continue;
    }
    let name = '';
    if (level !== undefined)
      name = level.isWanted ? join(level.name, level.index < 0 ? key.slice(1) : level.index) : '';
    const isWanted = level === undefined || (level.isWanted && wanted.has(name));
    if (isWanted) offsets.set(name, at);
    if (level !== undefined && level.index >= 0) level.index++;
    key = '';
    if (text[at] === '{') levels.push({ name, isWanted, index: -1 });
    else if (text[at] === '[') levels.push({ name, isWanted, index: 0 });
    at = text[at] === '{' || text[at] === '[' ? at + 1 : endOf(text[at] === '"' ? STRING : BARE, text, at);
  }
  return offsets;
}

/** The end of what a pattern matches at an offset. */
function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  pattern.test(text);
  return Math.max(pattern.lastIndex, at);
}

function nameOf(path: JsonPath): string {
  return path.reduce<string>((name, part) => join(name, part), '');
}

function join(name: string, part: PropertyKey): string {
  return `${name}${SEPARATOR}${String(part)}`;
}
