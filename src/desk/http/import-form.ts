/** The reviewer's choices from the form of an import. */
import { parseDate } from '../../core/iso-time.ts';
import { SECTOR_NAMES } from '../../registry/sector.ts';
import { type Choices, choicesFor } from '../import/choices.ts';
import { DATE_ORDERS } from '../import/date-cell.ts';
import { FIELD_NAMES, FIELDS, IGNORED } from '../import/field.ts';
import type { ReadFile } from '../import/sheet.ts';
import type { SectorName } from '../model/kind.ts';
import type { Isp } from '../store/settings.ts';
import type { Form } from './form-reading.ts';

/** What is wrong, for a form that cannot be of the page. Another sheet or first row gets new proposals for columns. */
export function choicesIn(form: Form, before: Choices, file: ReadFile, isps: readonly Isp[]): Choices | string {
  const sheet = form.text('sheet') === '' ? before.sheet : Number(form.text('sheet'));
  if (!Number.isInteger(sheet) || file.sheets[sheet] === undefined) return 'choose a sheet of the file';
  const said = rest(form, before, isps);
  if (typeof said === 'string') return said;
  if (sheet !== before.sheet) return choicesFor(file, said, sheet, null);
  const firstRow = Number(form.text('firstRow'));
  const firstData = file.sheets[sheet].rows.findIndex(({ number }) => number >= firstRow);
  if (firstData < 0) return 'the file has no such row';
  if (firstData !== before.firstData) return choicesFor(file, said, sheet, firstData);
  const columns = before.columns.map((field, column) => {
    const text = form.text(`column-${column}`);
    return text === '' ? field : (FIELD_NAMES.find((name) => name === text) ?? IGNORED);
  });
  const twice = FIELD_NAMES.find(
    (name) => FIELDS[name].isSeveral !== true && columns.filter((field) => field === name).length > 1,
  );
  return twice === undefined ? { ...said, columns } : `two columns are chosen for ${FIELDS[twice].title}: choose one`;
}

function rest(form: Form, before: Choices, isps: readonly Isp[]): Choices | string {
  const dateOrder = DATE_ORDERS.find((order) => order === form.text('dateOrder')) ?? '';
  const isp = form.text('isp');
  if (isp !== '' && !isps.some(({ name, isActive }) => isActive && name === isp))
    return 'choose a provider of the list';
  const sector = form.text('sector');
  const isSector = (SECTOR_NAMES.slice(1) as readonly string[]).includes(sector);
  if (sector !== '' && !isSector) return 'choose a sector of the list';
  const [validFrom, validUntil] = [form.text('validFrom'), form.text('validUntil')];
  const isDay = (text: string): boolean => text === '' || !Number.isNaN(parseDate(text));
  if (!isDay(validFrom) || !isDay(validUntil)) return 'write a day like 2026-11-30';
  return { ...before, dateOrder, isp, sector: sector as SectorName | '', validFrom, validUntil };
}
