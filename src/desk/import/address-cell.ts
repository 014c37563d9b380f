/** Addresses in a cell as companies write them, turned into prefixes that the engine takes. */
import { prefixesOf, rangeOf } from '../../registry/address-range.ts';
import { adviseOnPrefix, readingOfPrefix } from '../../registry/file/prefix-advice.ts';
import { PrefixParser } from '../../registry/prefix.ts';
import type { CellReading } from './cell-reading.ts';
import { plainText } from './plain-text.ts';
import { type Cell, textOf } from './sheet.ts';

const BETWEEN = /\s*[\n\r;,|]+\s*|\s+\/\s+(?=[\da-f]+[.:])|\s+(?:and|und|et|и|&|\+)\s+/i;
/** Spaces between addresses, and not those around the dash of a range. */
const SPACES = /\s+(?![-–—‑]|to\b)(?<![-–—‑]\s*|\bto\s+)/i;
const AS_TEXT = 'format the column as text, and type the address again';
const INSTEAD = 'write it as 198.51.100.7 or 198.51.100.0/29, with each on a line of its own';

const parser = new PrefixParser();

/** `last`, `mask`: the texts of the columns for the end of a range and for the netmask; empty for none. */
export function readAddresses(cell: Cell, last: string, mask: string): CellReading<readonly string[]> {
  const text = plainText(cell.text);
  const reading = readPlain({ ...cell, text }, plainText(last), plainText(mask));
  const { value, remarks = [] } = reading;
  if (text === cell.text || value === null) return reading;
  return { ...reading, remarks: [...remarks, `“${textOf(cell)}” read as ${value.join(', ')}`] };
}

function readPlain(cell: Cell, last: string, mask: string): CellReading<readonly string[]> {
  // Runs of spaces are one, so that no expression below goes over them again and again.
  const spaced = cell.text.replace(/[^\S\r\n]+/g, ' ');
  const text = spaced.replace(/ ?[\r\n][\r\n ]*/g, '\n').trim();
  const damage = damageOf(cell, text);
  if (damage !== null) return { value: null, errors: [damage] };
  if (last !== '') return withColumn(text, `${text}-${last}`, `${text} to ${last}`, last);
  if (mask !== '')
    return withColumn(text, `${text}${mask.startsWith('/') ? '' : '/'}${mask}`, `${text} with ${mask}`, mask);
  const whole = readOne(text);
  if (whole.value !== null) return whole;
  const parts = text.split(BETWEEN).filter((part) => part !== '');
  const finer = parts.flatMap((part) => (readOne(part).value === null ? part.split(SPACES) : [part]));
  return finer.length > 1 ? joined(finer.map(readOne)) : whole;
}

function damageOf({ kind }: Cell, text: string): string | null {
  switch (kind) {
    case 'date':
      return `a spreadsheet has made a date of this address (${text}): ${AS_TEXT}`;
    case 'number':
      return `${text} is a number and no address: ${AS_TEXT}`;
    case 'boolean':
    case 'error':
      return `${text} is no address: ${INSTEAD}`;
    case 'long':
      return 'the cell is too long: give each address a row of its own';
    default:
      return null;
  }
}

function readOne(text: string): CellReading<readonly string[]> {
  if (parser.parse(text)) return { value: prefixesOf(rangeOf(parser)) };
  const { message } = parser;
  const reading = readingOfPrefix(text);
  if (reading === null) {
    // Some messages say themselves what to write.
    const said = message.includes('write ') ? message : `no address (${message}); ${INSTEAD}`;
    return { value: null, errors: [`“${text}”: ${said}`] };
  }
  const { fault, prefixes, isGuess = false } = reading;
  if (prefixes.length === 0)
    return { value: null, errors: [`“${text}”: ${adviseOnPrefix(text, INSTEAD) ?? `${fault}; ${INSTEAD}`}`] };
  const said = `“${text}”: ${fault}, read as ${prefixes.join(', ')}`;
  return isGuess
    ? { value: prefixes, questions: [said] }
    : { value: prefixes, remarks: text === prefixes[0] ? [] : [said] };
}

/** The address with what another column says of it. */
function withColumn(text: string, joint: string, shown: string, other: string): CellReading<readonly string[]> {
  // A prefix or a range says all by itself; the other column must not say something else.
  const alone = parser.parse(text);
  const isSingle = alone && !text.includes('/');
  if (!isSingle || text === other) {
    const one = readOne(text);
    if (one.value === null || text === other) return one;
    const both = text.includes('/') ? readOne(`${text.split('/')[0]!}/${other.replace('/', '')}`).value : null;
    if (both?.join() === one.value.join()) return one;
    return { value: one.value, questions: [`${text} says all by itself, and the other column has ${other}`] };
  }
  const { value, errors, questions } = readOne(joint);
  if (value === null) return { value, errors: errors ?? [] };
  return {
    value,
    ...(questions !== undefined && { questions }),
    remarks: [`${shown}, read as ${value.join(', ')}`],
  };
}

function joined(readings: readonly CellReading<readonly string[]>[]): CellReading<readonly string[]> {
  const all = (list: 'errors' | 'questions' | 'remarks'): string[] => readings.flatMap((one) => one[list] ?? []);
  const errors = all('errors');
  if (errors.length > 0) return { value: null, errors };
  return {
    value: [...new Set(readings.flatMap(({ value }) => value ?? []))],
    questions: all('questions'),
    remarks: [`a list of ${readings.length}`, ...all('remarks')],
  };
}

/** Text in a cell of addresses; empty where it only says that there is none. */
export function isWithoutAddress(cell: Cell | null): boolean {
  return /^(?:[-–—?.]*|n\/?a|none|nil|нет|keine?|aucune?)$/i.test(textOf(cell));
}
