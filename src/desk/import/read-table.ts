/** Reads all rows of a sheet with the reviewer's choices. Each row of the file is in the result, once. */
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { LIKE_AN_ADDRESS } from '../../registry/like-an-address.ts';
import { PrefixParser } from '../../registry/prefix.ts';
import { rangeOf } from '../../registry/address-range.ts';
import type { DeskDatabase } from '../store/desk-database.ts';
import { allIsps } from '../store/settings.ts';
import type { Choices } from './choices.ts';
import { headerWords } from './field.ts';
import { readRow } from './read-row.ts';
import { isEmptyRow, type ReadFile, type SheetRow, textOf } from './sheet.ts';
import type { ReadRow, Understood } from './understood.ts';

const TOTAL =
  /^(?:sub\s?totals?|(?:grand )?totals?|sum(?:me)?|zwischensumme|gesamt|итого|всего|total général|sous total)\b/iu;
const CYRILLIC_TOTAL = /^(?:итого|всего)/;
const LONGEST_SOURCE = 160;
const LONGEST_PIECE_MS = 15;

export function readTable(database: DeskDatabase, file: ReadFile, choices: Choices, today: string): ReadRow[] {
  return [...readRows(database, file, choices, today)];
}

/** The same with pauses, in which other requests are answered. What they change may be seen by later rows. */
export async function readTableInPieces(
  database: DeskDatabase,
  file: ReadFile,
  choices: Choices,
  today: string,
): Promise<ReadRow[]> {
  const found: ReadRow[] = [];
  let begun = performance.now();
  for (const row of readRows(database, file, choices, today)) {
    found.push(row);
    if (performance.now() - begun < LONGEST_PIECE_MS) continue;
    await setImmediate();
    begun = performance.now();
  }
  return found;
}

function* readRows(database: DeskDatabase, file: ReadFile, choices: Choices, today: string): Generator<ReadRow> {
  const { rows } = file.sheets[choices.sheet]!;
  const isps = allIsps(database).filter(({ isActive }) => isActive);
  const header = headerTexts(rows, choices);
  const seen = new SeenRanges();
  let above: Understood | null = null;
  for (const [place, row] of rows.entries()) {
    const reason = place < choices.firstData ? headReason(row, place, choices) : reasonToLeaveOut(row, choices, header);
    const source = sourceOf(row);
    const base = { number: row.number, source, remarks: [], questions: [], errors: [], reason: '', understood: null };
    if (reason !== null) {
      yield { ...base, state: 'left-out', reason };
      continue;
    }
    const { understood, remarks, questions, errors } = readRow(row, { database, isps, choices, today, above });
    if (understood !== null) {
      errors.push(...seen.add(understood, row.number));
      above = understood;
    } else above = null;
    const state = errors.length > 0 ? 'error' : questions.length > 0 ? 'question' : 'understood';
    yield { ...base, state, remarks, questions, errors, understood: errors.length > 0 ? null : understood };
  }
}

function headReason(row: SheetRow, place: number, { firstData }: Choices): string {
  if (isEmptyRow(row)) return 'an empty row';
  return place === firstData - 1 ? 'the header' : 'a title or a part of the header';
}

/** Null for a row that may be a registration. */
function reasonToLeaveOut(row: SheetRow, choices: Choices, header: string): string | null {
  if (isEmptyRow(row)) return 'an empty row';
  const texts = row.cells.map(textOf).filter((text) => text !== '');
  const [first = ''] = texts;
  const hasAddress = texts.some((text) => LIKE_AN_ADDRESS.test(text));
  if (!hasAddress && isTotal(first)) return 'a total';
  if (header !== '' && joinedWords(row) === header) return 'the header again';
  const isNumbered = texts.length > 2 && texts.every((text, at) => text === String(at + 1));
  if (isNumbered) return 'the numbers of the columns';
  const isBanner =
    row.cells.length > 2 && new Set(texts).size === 1 && row.cells.filter((cell) => cell?.isMerged).length > 1;
  return isBanner && !hasAddress && choices.firstData > 0 ? 'a heading over the whole width' : null;
}

function isTotal(text: string): boolean {
  const plain = text.normalize('NFKC').toLowerCase();
  return TOTAL.test(plain) || CYRILLIC_TOTAL.test(plain);
}

function headerTexts(rows: readonly SheetRow[], { firstData }: Choices): string {
  return firstData === 0 ? '' : joinedWords(rows[firstData - 1]!);
}

function joinedWords({ cells }: SheetRow): string {
  return cells.map((cell) => headerWords(textOf(cell))).join('|');
}

function sourceOf({ cells }: SheetRow): string {
  const text = cells
    .map((cell) => (cell?.isFormula === true ? `=${textOf(cell)}` : textOf(cell)))
    .filter((one) => one !== '')
    .join(' | ');
  return text.length > LONGEST_SOURCE ? `${text.slice(0, LONGEST_SOURCE)}…` : text;
}

/** Own addresses of the rows before, to find those that are in the file twice. */
class SeenRanges {
  private readonly ranges: { readonly first: bigint; readonly last: bigint; readonly number: number }[] = [];
  private readonly parser = new PrefixParser();

  /** What is wrong with the addresses of a row. */
  add({ own }: Understood, number: number): string[] {
    const errors: string[] = [];
    for (const prefix of own) {
      this.parser.parse(prefix);
      const { first, last } = rangeOf(this.parser);
      const at = this.placeOf(first);
      const before = [this.ranges[at - 1], this.ranges[at]].find(
        (one) => one !== undefined && one.first <= last && first <= one.last,
      );
      if (before === undefined) this.ranges.splice(at, 0, { first, last, number });
      else if (before.number !== number)
        errors.push(
          `${prefix}: row ${before.number} has these addresses too, wholly or in part: remove them from one of both`,
        );
    }
    return errors;
  }

  /** The place of the first range that begins at the address or after it. Ranges here do not overlap. */
  private placeOf(first: bigint): number {
    let low = 0;
    let high = this.ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ranges[middle]!.first < first) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
