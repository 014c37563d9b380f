/**
 * Advice for texts that are not ISO 8601 dates, in the forms that people and spreadsheets write. Where a text is
 * ambiguous, the advice shows both dates.
 */
import { parseDate, parseInstant } from '../../core/iso-time.ts';
import { spreadsheetDamage } from './spreadsheet-damage.ts';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
/** What stands for a date that is not there. */
export const NO_LIMIT =
  /^([-–—∞*?]|n\/?a|none|null|nil|never|open|unlimited|indefinite(ly)?|permanent|forever|today|9999-12-31.*)$/i;
/** Day 0 of spreadsheets is 1899-12-30. The days are those of 1970 to 2200. */
const SPREADSHEET_EPOCH_MS = Date.UTC(1899, 11, 30);
const SPREADSHEET_DAYS = { first: 25_569, last: 109_574 };
const DAY_MS = 86_400_000;
/** Longer texts get no advice. */
const LONGEST_DATE = 60;

/**
 * The message; null where the text does not resemble a date. `isEnd`: the date is a `valid_until`, which includes its
 * whole day.
 */
export function adviseOnDate(text: string, isEnd: boolean): string | null {
  if (text.length > LONGEST_DATE) return null;
  const clean = text
    .trim()
    .replace(/^['"‘’“”]|['"‘’“”]$/g, '')
    .normalize('NFKC')
    .trim();
  if (clean === '' || NO_LIMIT.test(clean)) return 'leave the field empty where there is no limit';
  const damage = spreadsheetDamage(clean);
  if (damage !== null) return damage;
  if (isWritten(clean)) return `write ${clean}, without spaces or quotes`;
  const days = daysOf(clean);
  if (days.length > 0) return `write ${days.map(withName).join(' or ')}`;
  const missing = missingDay(clean);
  if (missing !== null) return missing;
  return timeAdvice(clean, isEnd) ?? numberAdvice(clean);
}

function isWritten(text: string): boolean {
  return !Number.isNaN(parseDate(text)) || !Number.isNaN(parseInstant(text));
}

/** The possible days of a text without a time, in ISO form. */
export function daysOf(text: string): string[] {
  const found = new Set<string>();
  const add = (year: string, month: string | number, day: string): void => {
    const longYear = year.length === 2 ? `20${year}` : year;
    const iso = `${longYear}-${String(month).padStart(2, '0')}-${day.padStart(2, '0')}`;
    if (!Number.isNaN(parseDate(iso))) found.add(iso);
  };
  const yearFirst = /^(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})\.?$/.exec(text) ?? /^(\d{4})(\d{2})(\d{2})$/.exec(text);
  if (yearFirst !== null) add(yearFirst[1]!, yearFirst[2]!, yearFirst[3]!);
  const yearLast = /^(\d{1,2})[-/. ]+(\d{1,2})[-/. ]+(\d{4}|\d{2})\.?$/.exec(text);
  if (yearLast !== null) {
    add(yearLast[3]!, yearLast[2]!, yearLast[1]!);
    add(yearLast[3]!, yearLast[1]!, yearLast[2]!);
  }
  const dayName = /^(\d{1,2})(?:st|nd|rd|th)?[-. ]+([a-z]{3,9})[-., ]+(\d{4}|\d{2})$/i.exec(text);
  if (dayName !== null) add(dayName[3]!, monthOf(dayName[2]!), dayName[1]!);
  const nameDay = /^([a-z]{3,9})[. ]+(\d{1,2})(?:st|nd|rd|th)?[, ]+(\d{4})$/i.exec(text);
  if (nameDay !== null) add(nameDay[3]!, monthOf(nameDay[1]!), nameDay[2]!);
  return [...found];
}

/** The month from 1; 0 for any other word. */
function monthOf(word: string): number {
  return MONTHS.indexOf(word.slice(0, 3).toLowerCase()) + 1;
}

/** `2024-12-03 for 3 December`, where there is more than one date. */
function withName(iso: string, _index: number, all: readonly string[]): string {
  if (all.length === 1) return iso;
  const date = new Date(`${iso}T00:00:00Z`);
  const month = date.toLocaleString('en-GB', { month: 'long', timeZone: 'UTC' });
  return `${iso} for ${date.getUTCDate()} ${month}`;
}

/** The message for a day that does not exist, like `2024-02-30`. */
function missingDay(text: string): string | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})(?:T.*)?$/.exec(text);
  if (match === null) return null;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (month < 1 || month > 12 || day < 1) return 'months are 01 to 12, days from 01';
  if (year < 1970 || year > 2200) return 'years are 1970 to 2200; leave the field empty where there is no limit';
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return day > last ? `${match[1]!}-${match[2]!} has ${last} days` : null;
}

/** The message for a date with a time: `31/12/2024 18:00`, `2024-12-31 00:00:00`, `2024-12-31T18:00`. */
function timeAdvice(text: string, isEnd: boolean): string | null {
  const match =
    /^(.*?)[ T,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)? ?([ap]m)?[ ]?(Z|UTC|GMT|[+-]\d{2}:?\d{2})?$/i.exec(text);
  if (match === null) return null;
  const [, day, hour, minute, second = '00', half, zone] = match;
  const days = daysOf(day!);
  const [first] = days;
  if (first === undefined) return null;
  if (days.length > 1)
    return `write ${days.map(withName).join(' or ')}, with the time as in ${days[0]!}T18:00:00+05:00`;
  const hours = (Number(hour) % (half === undefined ? 24 : 12)) + (half?.toLowerCase() === 'pm' ? 12 : 0);
  const time = `${first}T${String(hours).padStart(2, '0')}:${minute!}:${second}`;
  if (zone !== undefined)
    return writeInstant(time + (/^[+-]/.test(zone) ? zone.replace(/(\d{2}):?(\d{2})$/, '$1:$2') : 'Z'));
  const isMidnight = hours === 0 && minute === '00' && second === '00';
  if (isMidnight) return isEnd ? `write ${first} for the end of that day, or the time with its zone` : `write ${first}`;
  return `write the time with its zone: ${time}Z for UTC, ${time}+05:00 for UTC+5`;
}

function writeInstant(instant: string): string | null {
  return Number.isNaN(parseInstant(instant)) ? null : `write ${instant}`;
}

/** The message for a day number of a spreadsheet, or seconds since 1970. */
function numberAdvice(text: string): string | null {
  const value = Number(text);
  if (/^\d{5,6}(\.\d+)?$/.test(text) && value >= SPREADSHEET_DAYS.first && value <= SPREADSHEET_DAYS.last) {
    const day = new Date(SPREADSHEET_EPOCH_MS + Math.floor(value) * DAY_MS).toISOString().slice(0, 10);
    return `a spreadsheet's number of a day: write ${day}`;
  }
  if (!/^\d{9,10}$/.test(text)) return null;
  return `seconds since 1970: write ${new Date(value * 1000).toISOString().replace('.000', '')}`;
}
