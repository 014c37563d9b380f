/** The pages of imports: the list with the form to upload, and one import with its rows. */
import { counted, number } from '../../core/count-text.ts';
import { OLD_ENCODINGS } from '../import/text-encoding.ts';
import { columnName, isEmptyRow, type ReadFile } from '../import/sheet.ts';
import type { ReadRow, RowCounts, RowState } from '../import/understood.ts';
import type { Import, ImportedRow, ImportState } from '../store/import-store.ts';
import type { Isp } from '../store/settings.ts';
import { choiceField, hidden } from './field.ts';
import { type Html, html, type Piece } from './html.ts';
import { choicesForm } from './import-choices.ts';
import { rowCountsText, ROWS_SHOWN, rowTable, rowTabs } from './import-rows.ts';
import { type Frame, page, panel, table, time } from './layout.ts';

const IMPORT_STATES: Readonly<Record<ImportState, string>> = {
  open: 'Not confirmed',
  done: 'Registered',
  dropped: 'Dropped',
};

export function importsPage(
  frame: Frame,
  parts: {
    readonly imports: readonly Import[];
    readonly csrf: string;
    readonly mayUpload: boolean;
    readonly problem: string | null;
  },
): Html {
  const { imports, csrf, mayUpload, problem } = parts;
  const cells = imports.map((one): readonly Piece[] => [
    html`<a href="/imports/${one.id}">${one.name}</a>`,
    time(one.atMs),
    one.account,
    html`<span class="badge ${one.state === 'done' && 'good'}">${IMPORT_STATES[one.state]}</span>`,
    one.counts === null || one.state !== 'done' ? null : rowCountsText(one.counts),
  ]);
  const main = html`${problem !== null && html`<p class="note bad" role="alert">The file was not read: ${problem}.</p>`}
    <p>
      A table of registrations, as .xlsx or CSV. Each row is shown as it is understood, and nothing is registered before
      you confirm it.
    </p>
    ${mayUpload && panel('Upload a file', uploadForm(csrf))}
    ${panel('The latest', table('Imports', ['File', 'Uploaded', 'By', 'State', 'Rows'], cells))}`;
  return page(frame, 'Imports', main);
}

function uploadForm(csrf: string): Html {
  return html`<form class="desk-form narrow" method="post" action="/imports" enctype="multipart/form-data">
    ${hidden('csrf', csrf)}
    <div class="field">
      <label for="f-file">File</label>
      <p class="hint" id="f-file-hint">.xlsx or CSV, up to 5 MB and 5,000 rows. An old .xls is saved as .xlsx first.</p>
      <input
        type="file"
        id="f-file"
        name="file"
        accept=".xlsx,.csv,.txt,.tsv"
        aria-describedby="f-file-hint"
        required
      />
    </div>
    ${choiceField(
      { name: 'encoding', label: 'Character set of a CSV file that does not say its own', value: 'windows-1252' },
      Object.entries(OLD_ENCODINGS).map(([value, title]) => ({ value, title })),
    )}
    <p><button class="primary">Show what is understood</button></p>
  </form>`;
}

export interface ImportView {
  readonly one: Import;
  readonly file: ReadFile | null;
  /** Null where they were erased. */
  readonly rows: readonly (ReadRow | ImportedRow)[] | null;
  readonly counts: RowCounts | null;
  readonly state: RowState;
  /** From 0. */
  readonly page: number;
  readonly isps: readonly Isp[];
  readonly csrf: string;
  readonly key: string;
  readonly mayWrite: boolean;
  /** Rows that would be registered. */
  readonly toTake: number;
  readonly shownSha256: string;
  /** Registrations that the reader may still change within 24 hours. */
  readonly left: number;
}

export function importPage(frame: Frame, view: ImportView): Html {
  const { one, file, rows, counts, isps, csrf, mayWrite } = view;
  const base = `/imports/${one.id}`;
  const active = isps.filter(({ isActive }) => isActive);
  const main = html`<p class="state-line">
      <span class="badge ${one.state === 'done' && 'good'}">${IMPORT_STATES[one.state]}</span>
      Uploaded ${time(one.atMs)} by ${one.account}
      ${one.doneMs !== null && html`· ${IMPORT_STATES[one.state].toLowerCase()} ${time(one.doneMs)} by ${one.doneBy}`}
    </p>
    ${counts !== null && one.state !== 'dropped' && html`<p role="status">${rowCountsText(counts)}</p>`}
    ${notesOf(view)} ${mayWrite && confirmPanel(view)}
    ${
      mayWrite &&
      file !== null &&
      html`<details class="panel" ${view.toTake === 0 && html` open`}>
        <summary><h2>How the file is read</h2></summary>
        ${choicesForm(file, one.choices, { action: `${base}/choices`, csrf, isps: active })}
      </details>`
    }
    ${
      rows === null || counts === null
        ? html`<p class="empty">What the file had is erased.</p>`
        : rowsPart(view, rows, counts)
    }`;
  return page(frame, one.name, main);
}

function notesOf({ one, file }: ImportView): Piece {
  if (file === null) return null;
  const others = file.sheets.flatMap(({ name, isHidden, rows }, place) => {
    const filled = rows.filter((row) => !isEmptyRow(row)).length;
    if (place === one.choices.sheet) return isHidden ? [`The sheet “${name}” is hidden in the file.`] : [];
    return [`The sheet “${name}”${isHidden ? ', which is hidden,' : ''} is not read: ${counted(filled, 'row')}.`];
  });
  const { hiddenColumns } = file.sheets[one.choices.sheet]!;
  const columns =
    hiddenColumns.length === 0 ? [] : [`Hidden columns of the sheet: ${hiddenColumns.map(columnName).join(', ')}.`];
  const notes = [...file.notes, ...others, ...columns];
  return (
    notes.length > 0 &&
    html`<div class="note">
      <ul>
        ${notes.map((note) => html`<li>${note}</li>`)}
      </ul>
    </div>`
  );
}

function confirmPanel({ one, toTake, shownSha256, csrf, key, left }: ImportView): Html {
  const base = `/imports/${one.id}`;
  const isOver = toTake > left;
  return panel(
    'Register',
    html`<p>
        ${
          toTake === 0
            ? 'No row can be registered yet.'
            : `${counted(toTake, 'row')} will be registered: ` +
              'those understood, and those whose questions you have answered.'
        }
      </p>
      ${
        isOver &&
        html`<p class="note warn">
          You may change ${number(left)} more registrations within 24 hours, and these are ${number(toTake)}. Another
          reviewer must release more for you (<a href="/limits">Limits</a>).
        </p>`
      }
      <div class="buttons">
        ${
          toTake > 0 &&
          !isOver &&
          html`<form method="post" action="${base}/confirm">
            ${hidden('csrf', csrf)}${hidden('key', key)}${hidden('shown', shownSha256)}<button class="primary">
              Register ${counted(toTake, 'row')}
            </button>
          </form>`
        }
        <form method="post" action="${base}/drop">${hidden('csrf', csrf)}<button>Drop this import</button></form>
      </div>`,
  );
}

function rowsPart(view: ImportView, rows: readonly (ReadRow | ImportedRow)[], counts: RowCounts): Html {
  const { one, state, csrf, mayWrite, isps } = view;
  const base = `/imports/${one.id}`;
  const inState = rows.filter((row) => row.state === state);
  const first = Math.min(view.page, Math.floor(Math.max(0, inState.length - 1) / ROWS_SHOWN)) * ROWS_SHOWN;
  const shown = rowTable({
    state,
    rows: inState.slice(first, first + ROWS_SHOWN),
    taken: new Set(one.taken),
    mayAnswer: mayWrite,
    ispTitle: (name) => isps.find((isp) => isp.name === name)?.title ?? name,
  });
  const mayAnswer = mayWrite && state === 'question' && inState.length > 0;
  const pageLink = (from: number, title: string): Piece =>
    html`<a href="${base}?rows=${state}&amp;page=${from / ROWS_SHOWN}">${title}</a>`;
  return html`${rowTabs(base, counts, state)}
    <section class="panel import-rows">
      ${
        mayAnswer
          ? html`<form method="post" action="${base}/answers">
              ${hidden('csrf', csrf)}${shown}
              <p><button>Save the answers of this page</button></p>
            </form>`
          : shown
      }
    </section>
    <nav class="pager" aria-label="Pages of rows">
      ${first > 0 && pageLink(first - ROWS_SHOWN, 'Earlier')}
      ${first + ROWS_SHOWN < inState.length && pageLink(first + ROWS_SHOWN, 'Later')}
      <a href="${base}/report.csv">All rows with what to do (CSV)</a>
    </nav>`;
}
