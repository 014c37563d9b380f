/**
 * A table of a report as CSV (RFC 4180): a header with units, line breaks of CR and LF, UTF-8. What is not known is an
 * empty field. A text that a spreadsheet would take for a formula gets an apostrophe in front: titles of incidents are
 * written by hand.
 */
import { sheetField } from '../../output/table/sheet-field.ts';
import type { ZoneClock } from '../zone-clock.ts';
import { localIso } from './local-time.ts';
import type { Cell, ReportTable, Unit } from './report-document.ts';

const END_OF_LINE = '\r\n';

/** What a header says of the unit of its column. */
const UNIT_WORDS: Readonly<Record<Unit, string>> = {
  text: '',
  hash: '',
  time: ' (time with its offset)',
  count: '',
  clients: ' (distinct)',
  bytes: ' (bytes)',
  seconds: ' (seconds)',
  share: ' (share, 0 to 1)',
};

export function tableCsv({ columns, rows }: ReportTable, clock: ZoneClock): string {
  const head = columns.map(({ name, unit }) => sheetField(name + UNIT_WORDS[unit]));
  const lines = rows.map((row) => row.map((cell, at) => cellText(cell, columns[at]!.unit, clock)));
  return [head, ...lines].map((fields) => fields.join(',') + END_OF_LINE).join('');
}

function cellText(cell: Cell, unit: Unit, clock: ZoneClock): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return unit === 'time' ? localIso(cell, clock) : String(cell);
  return cell === '' ? '' : sheetField(cell);
}
