/** The rows of an import as they were understood, with what is asked and what has to be mended. */
import { counted, number } from '../../core/count-text.ts';
import type { ReadRow, RowCounts, RowState, Understood } from '../import/understood.ts';
import type { ImportedRow } from '../store/import-store.ts';
import { SECTOR_TITLES } from '../model/sector.ts';
import { hidden } from './field.ts';
import { type Html, html, type Piece } from './html.ts';
import { table } from './layout.ts';

export const ROW_STATE_TITLES: Readonly<Record<RowState, string>> = {
  understood: 'Understood',
  question: 'Questions',
  error: 'To mend',
  'left-out': 'Left out',
};
export const ROWS_SHOWN = 100;

export function rowCountsText(counts: RowCounts): string {
  const { understood, question, error } = counts;
  const all = understood + question + error + counts['left-out'];
  return (
    `${counted(all, 'row')}: ${number(understood)} understood, ${number(question)} with questions, ` +
    `${number(error)} to mend, ${number(counts['left-out'])} left out (titles, the header, totals and empty rows).`
  );
}

export function rowTabs(base: string, counts: RowCounts, chosen: RowState): Html {
  return html`<nav class="tabs" aria-label="Rows by what became of them">
    <ul>
      ${(Object.keys(ROW_STATE_TITLES) as RowState[]).map(
        (state) =>
          html`<li>
            <a href="${base}?rows=${state}" ${state === chosen && html` aria-current="page"`}
              >${ROW_STATE_TITLES[state]} <span class="badge">${number(counts[state])}</span></a
            >
          </li>`,
      )}
    </ul>
  </nav>`;
}

export interface RowTable {
  readonly state: RowState;
  /** Those of one page. */
  readonly rows: readonly (ReadRow | ImportedRow)[];
  /** Rows whose questions were answered with yes. */
  readonly taken: ReadonlySet<number>;
  /** The reader may answer. */
  readonly mayAnswer: boolean;
  readonly ispTitle: (name: string) => string;
}

export function rowTable({ state, rows, taken, mayAnswer, ispTitle }: RowTable): Html {
  const title = ROW_STATE_TITLES[state];
  if (state === 'left-out')
    return table(
      title,
      ['Row', 'In the file', 'Why'],
      rows.map((row) => [row.number, row.source, row.reason]),
    );
  if (state === 'error')
    return table(
      title,
      ['Row', 'In the file', 'What to write instead'],
      rows.map((row) => [row.number, row.source, list(row.errors)]),
    );
  const isQuestion = state === 'question';
  const cells = rows.map((row): readonly Piece[] => [
    row.number,
    row.source,
    understoodAs(row.understood!, ispTitle),
    isQuestion ? list([...row.questions, ...row.remarks]) : list(row.remarks),
    ...(isQuestion ? [answerOf(row, taken, mayAnswer)] : []),
    ...('reference' in row ? [referenceOf(row)] : []),
  ]);
  const hasReferences = rows.some((row) => 'reference' in row);
  return table(
    title,
    [
      'Row',
      'In the file',
      'Understood as',
      isQuestion ? 'Asked' : 'How it was read',
      ...(isQuestion ? ['Answer'] : []),
      ...(hasReferences ? ['Registered as'] : []),
    ],
    cells,
  );
}

function referenceOf({ reference, application }: ImportedRow): Piece {
  return reference === '' ? 'not registered' : html`<a class="nowrap" href="/case/${application}">${reference}</a>`;
}

function answerOf({ number: row }: ReadRow, taken: ReadonlySet<number>, mayAnswer: boolean): Piece {
  const isTaken = taken.has(row);
  if (!mayAnswer) return isTaken ? 'taken' : 'not taken';
  return html`${hidden('shown', String(row))}<label class="tick"
      ><input type="checkbox" name="take" value="${row}" ${isTaken && html` checked`} /> Row ${row} is meant like
      this</label
    >`;
}

function list(texts: readonly string[]): Piece {
  if (texts.length === 0) return null;
  return html`<ul class="plain">
    ${texts.map((text) => html`<li>${text}</li>`)}
  </ul>`;
}

function understoodAs(one: Understood, ispTitle: (name: string) => string): Html {
  const until = one.validUntil === '' ? 'without an end' : `to ${one.validUntil}`;
  const parts = [
    SECTOR_TITLES[one.sector],
    ispTitle(one.isp),
    one.protocols.length === 0 ? 'any protocol' : one.protocols.join(', '),
    ...(one.scope === '' ? [] : [`only as ${one.scope}`]),
  ];
  return html`<div>
    <strong>${one.holder}</strong>
    <ul class="plain">
      ${one.own.map((prefix) => html`<li class="mono">${prefix}</li>`)}
      ${one.far.map((prefix) => html`<li class="mono">${prefix} (far end)</li>`)}
    </ul>
    <span class="muted"
      >${parts.join(' · ')} · <span class="nowrap">${one.validFrom}</span> <span class="nowrap">${until}</span></span
    >
  </div>`;
}
