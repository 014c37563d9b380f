/** Tables: a caption, a head that is repeated on every printed page, a header cell for each row. */
import { html, type Html, type Part } from './html.ts';

/** Rows of a table at most; the JSON has all. */
const ROW_LIMIT = 60;

export interface TableShape {
  readonly caption: Part;
  readonly head: readonly string[];
  /** Columns from the left that are text; numbers are set to the right. */
  readonly texts?: number;
}

/** `rows`: cells of each row; the first names it. */
export function table({ caption, head, texts = 1 }: TableShape, rows: readonly (readonly Part[])[]): Html {
  const side = (column: number): Html => (column < texts ? html`` : html` class="number"`);
  const headCells = head.map((text, column) => html`<th scope="col" ${side(column)}>${text}</th>`);
  const bodyRows = rows.slice(0, ROW_LIMIT).map(
    ([first, ...cells]) =>
      html`<tr>
        <th scope="row">${first!}</th>
        ${cells.map((cell, at) => html`<td${side(at + 1)}>${cell}</td>`)}
      </tr> `,
  );
  const note = rows.length > ROW_LIMIT ? html`<p class="note">The other rows are in the JSON.</p> ` : null;
  return html`<div class="wide" tabindex="0" role="group" aria-label="Table">
      <table>
        <caption>
          ${caption}
        </caption>
        <thead>
          <tr>
            ${headCells}
          </tr>
        </thead>
        <tbody>
          ${bodyRows}
        </tbody>
      </table>
    </div>
    ${note}`;
}

/** Terms with their values. */
export function terms(rows: readonly (readonly [term: string, value: Part])[]): Html {
  return html`<dl>
    ${rows.map(
      ([term, value]) =>
        html`<div>
          <dt>${term}</dt>
          <dd>${value}</dd>
        </div> `,
    )}
  </dl> `;
}
