/** The form for how a file is read: its sheet, its columns, and what holds where a row does not say. */
import { SECTOR_NAMES } from '../../registry/sector.ts';
import type { Choices } from '../import/choices.ts';
import { FIELD_NAMES, FIELDS, IGNORED } from '../import/field.ts';
import { layoutFrom } from '../import/header.ts';
import { columnName, isEmptyRow, type ReadFile, type Sheet, textOf } from '../import/sheet.ts';
import type { Isp } from '../store/settings.ts';
import { SECTOR_TITLES } from '../model/sector.ts';
import { choiceField, hidden, textField } from './field.ts';
import { type Html, html, type Piece } from './html.ts';

const SAMPLES = 2;
const LONGEST_SAMPLE = 40;
const DATE_ORDER_CHOICES = [
  { value: 'day-first', title: 'the day first: 01/02/2027 is 1 February' },
  { value: 'month-first', title: 'the month first: 01/02/2027 is 2 January' },
];

export function choicesForm(
  file: ReadFile,
  choices: Choices,
  { action, csrf, isps }: { readonly action: string; readonly csrf: string; readonly isps: readonly Isp[] },
): Html {
  const sheet = file.sheets[choices.sheet]!;
  const firstRow = sheet.rows[choices.firstData]?.number ?? 1;
  const sectors = SECTOR_NAMES.filter((name) => name !== 'none');
  return html`<form class="desk-form" method="post" action="${action}">
    ${hidden('csrf', csrf)}
    <div class="pair">
      ${file.sheets.length > 1 && sheetField(file, choices)}
      ${textField(
        { name: 'firstRow', label: 'The first row below the header', value: String(firstRow), isRequired: true },
        'number',
      )}
      ${choiceField(
        { name: 'dateOrder', label: 'Days like 01/02/2027 have', value: choices.dateOrder },
        DATE_ORDER_CHOICES,
      )}
    </div>
    <fieldset>
      <legend>What the columns are</legend>
      <div class="pair">${choices.columns.map((_, column) => columnField(sheet, choices, column))}</div>
    </fieldset>
    <fieldset>
      <legend>For rows that do not say</legend>
      <div class="pair">
        ${choiceField(
          { name: 'isp', label: 'Internet provider', value: choices.isp },
          isps.map(({ name, title }) => ({ value: name, title })),
        )}
        ${choiceField(
          { name: 'sector', label: 'Sector', value: choices.sector },
          sectors.map((name) => ({ value: name, title: SECTOR_TITLES[name] })),
        )}
        ${textField({ name: 'validFrom', label: 'From', value: choices.validFrom }, 'date')}
        ${textField({ name: 'validUntil', label: 'Until, with that day', value: choices.validUntil }, 'date')}
      </div>
    </fieldset>
    <p><button>Read it like this</button></p>
  </form>`;
}

function sheetField({ sheets }: ReadFile, { sheet }: Choices): Piece {
  const options = sheets.map(({ name, isHidden, rows }, place) => ({
    value: String(place),
    title: `${name} (${rows.filter((row) => !isEmptyRow(row)).length} rows${isHidden ? ', hidden' : ''})`,
  }));
  return choiceField({ name: 'sheet', label: 'Sheet', value: String(sheet), isRequired: true }, options);
}

/** A column with its header, and what its first rows have. */
function columnField(sheet: Sheet, { columns, firstData }: Choices, column: number): Html {
  const title = layoutFrom(sheet, firstData).titles[column] ?? '';
  const samples = sheet.rows
    .slice(firstData)
    .map(({ cells }) => textOf(cells[column]))
    .filter((text) => text !== '')
    .slice(0, SAMPLES)
    .map((text) => (text.length > LONGEST_SAMPLE ? `${text.slice(0, LONGEST_SAMPLE)}…` : text));
  const id = `column-${column}`;
  return html`<div class="field">
    <label for="${id}">${columnName(column)}${title !== '' && `: ${title}`}</label>
    <p class="hint" id="${id}-hint">${samples.length === 0 ? 'empty' : samples.join(', ')}</p>
    <select id="${id}" name="${id}" aria-describedby="${id}-hint">
      <option value="${IGNORED}">not read</option>
      ${FIELD_NAMES.map(
        (field) =>
          html`<option value="${field}" ${columns[column] === field && html` selected`}>
            ${FIELDS[field].title}
          </option>`,
      )}
    </select>
  </div>`;
}
