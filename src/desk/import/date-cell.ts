/** Days in a cell, in the forms that people and spreadsheets write. What could be two days is asked about. */
import { parseDate } from '../../core/iso-time.ts';
import { adviseOnDate, daysOf, NO_LIMIT } from '../../registry/file/date-advice.ts';
import type { CellReading } from './cell-reading.ts';
import { plainText } from './plain-text.ts';
import { type Cell, textOf } from './sheet.ts';

/** How days like 01/02/2027 are meant in a file; empty where it is not known. */
export const DATE_ORDERS = ['', 'day-first', 'month-first'] as const;
export type DateOrder = (typeof DATE_ORDERS)[number];

const SPREADSHEET_EPOCH_MS = Date.UTC(1899, 11, 30);
const MS_PER_DAY = 86_400_000;
const SERIAL = /^\d{5}$/;
const EARLIEST = 25_569;
const LATEST = 109_574;
/** A word that says that there is no end; a dash or `?` says nothing. */
const WITHOUT_END = /[a-z∞]/i;
const ISO_LENGTH = 10;
const LANGUAGES = ['en', 'de', 'fr', 'es', 'it', 'pt', 'pl', 'ru', 'uk', 'kk', 'uz', 'tr', 'ur'];

/** The value is a day like 2026-11-30; empty for no limit. A cell without a text is for the caller. */
export function readDate(cell: Cell, isEnd: boolean, order: DateOrder): CellReading<string> {
  const text = textOf(cell);
  if (cell.kind === 'number') return fromSerial(text, false);
  if (cell.kind === 'date' || cell.kind === 'text') return fromText(text, isEnd, order);
  return { value: null, errors: [`“${text}” is no date: write it like 2026-11-30`] };
}

/** True for a text that says that there is no date here, such as a dash. */
export function isWithoutDate(cell: Cell | null): boolean {
  const text = textOf(cell);
  return text === '' || (NO_LIMIT.test(text) && !WITHOUT_END.test(text));
}

function fromText(text: string, isEnd: boolean, order: DateOrder): CellReading<string> {
  const clean = plainText(text)
    .normalize('NFKC')
    .replace(/^['"‘’“”]+|['"‘’“”]+$/g, '')
    .replace(/^(?:until|till|to|bis|до|from|von|с|ab)\s+(?=\d)/i, '')
    .replace(/\s*(?:г|года|year)\.?$/i, '')
    .replace(/[ T]00:00(?::00(?:\.0+)?)?$/, '')
    .trim();
  if (isDay(clean)) return { value: clean, remarks: clean === text ? [] : [`“${text}” read as ${clean}`] };
  if (NO_LIMIT.test(clean) && !/^today$/i.test(clean))
    return { value: '', remarks: [`“${text}” read as without a limit`] };
  if (SERIAL.test(clean)) return fromSerial(clean, true);
  const days = daysOf(clean);
  const named = days.length === 0 ? namedDay(clean) : null;
  if (named !== null) return { value: named, remarks: [`“${text}” read as ${named}`] };
  if (days.length === 1) return { value: days[0]!, remarks: [`“${text}” read as ${days[0]!}`] };
  if (days.length > 1) return ambiguous(text, days, order);
  const advice = adviseOnDate(clean, isEnd) ?? 'write it like 2026-11-30';
  return { value: null, errors: [`“${text}” is no day that can be read: ${advice}`] };
}

/** `daysOf` gives the day-first reading first. */
function ambiguous(text: string, days: readonly string[], order: DateOrder): CellReading<string> {
  const [dayFirst, monthFirst] = days as [string, string];
  if (order === '')
    return {
      value: null,
      errors: [
        `“${text}” may be ${dayFirst} or ${monthFirst}: ` +
          'choose the order of days and months above, or write the day like that',
      ],
    };
  const value = order === 'day-first' ? dayFirst : monthFirst;
  return { value, remarks: [`“${text}” read as ${value}`] };
}

/** A day as spreadsheets count them. A CSV file does not say that it is one. */
function fromSerial(text: string, isAsked: boolean): CellReading<string> {
  const serial = Number(text);
  if (!(serial >= EARLIEST && serial <= LATEST))
    return { value: null, errors: [`${text} is a number and no day: write it like 2026-11-30`] };
  const value = new Date(SPREADSHEET_EPOCH_MS + Math.floor(serial) * MS_PER_DAY).toISOString().slice(0, ISO_LENGTH);
  const said = `${text} is a spreadsheet's number of a day, read as ${value}`;
  return isAsked ? { value, questions: [said] } : { value, remarks: [said] };
}

function isDay(text: string): boolean {
  return !Number.isNaN(parseDate(text));
}

let months: ReadonlyMap<string, number> | null = null;

/** A day with the name of its month in one of the languages: `31. Dezember 2026`, `31 декабря 2026`. */
function namedDay(text: string): string | null {
  const match = /^(\d{1,2})\.?\s+(?:de\s+)?(\p{L}{3,})\.?\s+(?:de\s+)?(\d{4})$/u.exec(text);
  if (match === null) return null;
  months ??= monthNames();
  const month = months.get(match[2]!.toLowerCase());
  if (month === undefined) return null;
  const day = `${match[3]!}-${String(month).padStart(2, '0')}-${match[1]!.padStart(2, '0')}`;
  return isDay(day) ? day : null;
}

/** Months by their names, alone and beside a day. A name that two languages give to two months is left out. */
function monthNames(): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const unclear = new Set<string>();
  for (const language of LANGUAGES)
    for (let month = 1; month <= 12; month++)
      for (const name of namesOfMonth(language, month)) {
        if ((found.get(name) ?? month) !== month) unclear.add(name);
        found.set(name, month);
      }
  for (const name of unclear) found.delete(name);
  return found;
}

function namesOfMonth(language: string, month: number): string[] {
  const date = new Date(Date.UTC(2026, month - 1, 15));
  const beside = { day: 'numeric', timeZone: 'UTC' } as const;
  const parts = (['long', 'short'] as const).flatMap((length) => [
    ...new Intl.DateTimeFormat(language, { month: length, timeZone: 'UTC' }).formatToParts(date),
    ...new Intl.DateTimeFormat(language, { month: length, ...beside }).formatToParts(date),
  ]);
  return parts.flatMap(({ type, value }) => (type === 'month' ? [value.toLowerCase().replace(/\.$/, '')] : []));
}
