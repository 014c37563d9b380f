/** Reads one row of a table: each of its cells is understood, asked about, or refused with what to write. */
import { parseDate } from '../../core/iso-time.ts';
import { checkAddresses } from '../work/address-check.ts';
import type { DeskDatabase } from '../store/desk-database.ts';
import type { Isp } from '../store/settings.ts';
import { isWithoutAddress, readAddresses } from './address-cell.ts';
import type { CellReading } from './cell-reading.ts';
import type { Choices } from './choices.ts';
import { isWithoutDate, readDate } from './date-cell.ts';
import { type FieldName, FIELDS } from './field.ts';
import { type Cell, columnName, type SheetRow, textOf } from './sheet.ts';
import type { Understood } from './understood.ts';
import { readIsp, readProtocols, readScope, readSector } from './word-cell.ts';

export interface RowContext {
  readonly database: DeskDatabase;
  readonly isps: readonly Isp[];
  readonly choices: Choices;
  readonly today: string;
  /** What the row above had, for a row that continues it; null at the first. */
  readonly above: Understood | null;
}

export interface RowReading {
  readonly understood: Understood | null;
  readonly remarks: string[];
  readonly questions: string[];
  readonly errors: string[];
}

const LONGEST_NAME = 256;
/** A name that a spreadsheet would take for a formula is not written to a CSV that one may open. */
const FORMULA = /^[=+\-@\t]/;
const MOST_YEARS = 10;
const SHORT_TEXTS = ['reference', 'subscriber', 'contact', 'mail', 'phone', 'purpose'] as const;

/** Everything that is wrong is said at once. */
export function readRow(row: SheetRow, context: RowContext): RowReading {
  return new RowReader(row, context).read();
}

class RowReader {
  private readonly row: SheetRow;
  private readonly context: RowContext;
  private readonly remarks: string[] = [];
  private readonly questions: string[] = [];
  private readonly errors: string[] = [];

  constructor(row: SheetRow, context: RowContext) {
    this.row = row;
    this.context = context;
  }

  read(): RowReading {
    const { remarks, questions, errors } = this;
    if (this.row.isHidden === true) questions.push('the row is hidden in the file');
    this.checkCells();
    const holder = this.holder();
    const sector = this.sector();
    const isp = this.isp();
    const scope = this.take(this.cell('scope'), (cell) => readScope(textOf(cell))) ?? '';
    const protocols = this.take(this.cell('protocols'), (cell) => readProtocols(textOf(cell))) ?? [];
    const { own, far } = this.addresses(isp, scope);
    const { validFrom, validUntil } = this.period();
    const texts = Object.fromEntries(SHORT_TEXTS.map((name) => [name, this.shortText(name)])) as Record<
      (typeof SHORT_TEXTS)[number],
      string
    >;
    const understood =
      errors.length > 0
        ? null
        : {
            holder,
            sector: sector!,
            own,
            far,
            protocols,
            scope: scope === 'source' ? scope : ('' as const),
            validFrom,
            validUntil,
            isp,
            ...texts,
          };
    return { understood, remarks, questions, errors };
  }

  /** The cell of a field of which there is one column; null for none. */
  private cell(name: FieldName): Cell | null {
    const column = this.context.choices.columns.indexOf(name);
    return column < 0 ? null : (this.row.cells[column] ?? null);
  }

  private cells(name: FieldName): { readonly cell: Cell; readonly column: number }[] {
    return this.context.choices.columns.flatMap((field, column) => {
      const cell = this.row.cells[column] ?? null;
      return field === name && cell !== null && !(textOf(cell) === '' && cell.isFormula !== true)
        ? [{ cell, column }]
        : [];
    });
  }

  /** Formulas and error values in the columns that are read. */
  private checkCells(): void {
    for (const [column, field] of this.context.choices.columns.entries()) {
      const cell = this.row.cells[column] ?? null;
      if (field === 'ignored' || cell === null) continue;
      const where = `${FIELDS[field].title} (column ${columnName(column)})`;
      if (cell.isFormula === true) {
        if (textOf(cell) === '') this.errors.push(`${where} has a formula without a value: write the value itself`);
        else this.questions.push(`${where} has a formula, and its stored value “${shown(textOf(cell))}” is read`);
      }
      if (cell.kind === 'error')
        this.errors.push(`${where} is the error value ${textOf(cell)}: write the value itself`);
      if (cell.kind === 'long') this.errors.push(`${where} has more than 2000 characters: shorten it`);
    }
  }

  /** The value of a cell, with what is to be said of it; null for an empty cell and for one that is not understood. */
  private take<Value>(cell: Cell | null, read: (cell: Cell) => CellReading<Value>): Value | null {
    // What is wrong with such cells has been said.
    if (cell === null || textOf(cell) === '' || cell.kind === 'error' || cell.kind === 'long') return null;
    const { value, remarks = [], questions = [], errors = [] } = read(cell);
    this.remarks.push(...remarks);
    this.questions.push(...questions);
    this.errors.push(...errors);
    return value;
  }

  private holder(): string {
    const cell = this.cell('holder');
    const name = textOf(cell);
    if (cell?.isMerged === true && name !== '') this.remarks.push(`the holder is that of merged cells: ${name}`);
    if (name !== '') {
      if (FORMULA.test(name))
        this.errors.push(`the holder “${shown(name)}” begins with a sign: write its first letter first`);
      if (name.length > LONGEST_NAME)
        this.errors.push(`the holder is longer than ${LONGEST_NAME} characters: shorten it`);
      return name;
    }
    const { above, choices } = this.context;
    if (!choices.columns.includes('holder')) this.errors.push('no column has the holder: choose it above');
    else if (above === null) this.errors.push('the holder is missing: write it');
    else this.questions.push(`the holder is missing, and that of the row above is read: ${above.holder}`);
    return above?.holder ?? '';
  }

  private sector(): Understood['sector'] | null {
    const found = this.take(this.cell('sector'), (cell) => readSector(textOf(cell)));
    if (found !== null || textOf(this.cell('sector')) !== '') return found;
    const { above, choices } = this.context;
    if (choices.sector !== '') return choices.sector;
    if (above !== null && this.continues()) return above.sector;
    this.errors.push('the sector is missing: write it, or choose one for the whole file above');
    return null;
  }

  /** A row without a holder of its own belongs to the one above. */
  private continues(): boolean {
    return textOf(this.cell('holder')) === '';
  }

  private isp(): string {
    const { isps, choices, above } = this.context;
    const found = this.take(this.cell('isp'), (cell) => readIsp(textOf(cell), isps));
    if (found !== null) return found;
    if (textOf(this.cell('isp')) !== '') return '';
    if (above !== null && this.continues() && choices.columns.includes('isp')) return above.isp;
    if (choices.isp === '')
      this.errors.push('the provider is missing: write it, or choose one for the whole file above');
    return choices.isp;
  }

  private addresses(isp: string, scope: string): { readonly own: readonly string[]; readonly far: readonly string[] } {
    const written = this.prefixesOf('own');
    const far = this.prefixesOf('far');
    const isFar = scope === 'destination';
    const own = this.checked(isFar ? [] : written, isp === '' ? null : isp);
    const ends = this.checked(isFar ? [...written, ...far] : far, null);
    if (ends.length > 0 && own.length === 0)
      this.questions.push('only far ends are registered: confirm that none is a VPN service for the public');
    const { columns } = this.context.choices;
    const cells = [...this.cells('own'), ...this.cells('far')];
    if (!columns.includes('own') && !columns.includes('far'))
      this.errors.push('no column has addresses: choose it above');
    else if (cells.every(({ cell }) => isWithoutAddress(cell))) this.errors.push('no address is in this row: write it');
    return { own, far: ends };
  }

  private prefixesOf(name: 'own' | 'far'): readonly string[] {
    const last = name === 'own' ? textOf(this.cell('last')) : '';
    const mask = name === 'own' ? textOf(this.cell('mask')) : '';
    const [first] = this.cells(name);
    return this.cells(name).flatMap(({ cell, column }) => {
      if (isWithoutAddress(cell)) return [];
      const isFirst = column === first?.column;
      return this.take(cell, (one) => readAddresses(one, isFirst ? last : '', isFirst ? mask : '')) ?? [];
    });
  }

  /** The checks of the form: reserved ranges, width, what is registered already, the ranges of other providers. */
  private checked(prefixes: readonly string[], isp: string | null): readonly string[] {
    if (prefixes.length === 0) return [];
    const {
      prefixes: good,
      problems,
      notes,
    } = checkAddresses(this.context.database, prefixes.join('\n'), { isp, except: null });
    this.errors.push(...problems);
    this.questions.push(...notes);
    return good;
  }

  private period(): { readonly validFrom: string; readonly validUntil: string } {
    const { choices, today } = this.context;
    const validFrom = this.day('validFrom') ?? choices.validFrom;
    const given = this.day('validUntil');
    const validUntil = given ?? choices.validUntil;
    if (validFrom === '')
      this.errors.push('the first day is missing: write it, or choose one for the whole file above');
    if (validUntil === '') {
      if (!this.hasWrong('validUntil'))
        this.questions.push('the registration has no last day, and would be in force without an end');
      return { validFrom, validUntil };
    }
    if (validUntil < today) this.errors.push(`the period is over already: it ended on ${validUntil}`);
    else if (validUntil < validFrom)
      this.errors.push(`the period ends (${validUntil}) before it begins (${validFrom})`);
    else if (yearOf(validUntil) - yearOf(validFrom) > MOST_YEARS)
      this.errors.push(`the period is longer than ${MOST_YEARS} years: ${validFrom} to ${validUntil}`);
    return { validFrom, validUntil };
  }

  /** Null where the row does not say. */
  private day(name: 'validFrom' | 'validUntil'): string | null {
    const cell = this.cell(name);
    if (isWithoutDate(cell)) return null;
    const value = this.take(cell, (one) => readDate(one, name === 'validUntil', this.context.choices.dateOrder));
    // A first day without a limit is the one of the file.
    return name === 'validFrom' && value === '' ? null : value;
  }

  /** The cell has a text that was not understood, which has been said. */
  private hasWrong(name: FieldName): boolean {
    const cell = this.cell(name);
    return !isWithoutDate(cell) && this.errors.length > 0;
  }

  private shortText(name: (typeof SHORT_TEXTS)[number]): string {
    const text = textOf(this.cell(name));
    if (text.length > LONGEST_NAME && name !== 'purpose')
      this.errors.push(`${FIELDS[name].title} is longer than ${LONGEST_NAME} characters: shorten it`);
    return text;
  }
}

function yearOf(day: string): number {
  return Number.isNaN(parseDate(day)) ? 0 : Number(day.slice(0, 4));
}

const SHOWN = 60;

function shown(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
