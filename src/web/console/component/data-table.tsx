/** A table of data: a caption, headings with their scope, columns that sort, and a region that scrolls by keyboard. */
import type { ComponentChildren } from 'preact';
import { useId, useMemo, useState } from 'preact/hooks';
import { text } from '../text/catalogue.ts';
import { CsvLink } from './csv-link.tsx';
import { Empty } from './empty.tsx';
import { Sign } from './sign.tsx';

export interface Column<Row> {
  readonly key: string;
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** Numbers are aligned at their end. */
  readonly isNumber?: boolean;
  /** The column that names the row. */
  readonly isName?: boolean;
  /** What the column is sorted by; one without it cannot be sorted. Null is last. */
  readonly sortBy?: (row: Row) => number | string | null;
}

export interface DataTableProps<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string | number;
  /** Shown where there are no rows. */
  readonly empty: string;
  /** The path of the API that returns the rows as CSV. */
  readonly csv?: string;
  readonly sortedBy?: { readonly key: string; readonly isDescending: boolean };
  readonly isChosen?: (row: Row) => boolean;
  /** In a narrow window each row is a card, for rows of more words than fit. */
  readonly isCards?: boolean;
}

export function DataTable<Row>(props: DataTableProps<Row>) {
  const { caption, columns, rows, keyOf, empty, csv, isChosen, isCards = false } = props;
  const [sorted, setSorted] = useState(props.sortedBy ?? null);
  const id = useId();
  const sortedRows = useMemo(() => sortRows(rows, columns, sorted), [rows, columns, sorted]);
  if (rows.length === 0) return <Empty>{empty}</Empty>;
  const sortBy = (key: string): void => {
    setSorted((before) => ({ key, isDescending: before?.key === key && !before.isDescending }));
  };
  return (
    <div class="data-table">
      <div class="table-head">
        <span class="muted" id={id}>
          {caption}
        </span>
        {csv !== undefined && (
          <span class="actions">
            <CsvLink path={csv} name={caption} />
          </span>
        )}
      </div>
      <div class="table-region" role="region" tabIndex={0} aria-labelledby={id}>
        {/* A table that is laid out as cards is none for screen readers unless its roles say so. */}
        <table class={isCards ? 'cards' : undefined} role={isCards ? 'table' : undefined}>
          <caption class="hidden-text">{caption}</caption>
          <thead role={isCards ? 'rowgroup' : undefined}>
            <tr role={isCards ? 'row' : undefined}>
              {columns.map((column) => (
                <Heading key={column.key} column={column} sorted={sorted} sort={sortBy} />
              ))}
            </tr>
          </thead>
          <tbody role={isCards ? 'rowgroup' : undefined}>
            {sortedRows.map((row) => (
              <tr
                key={keyOf(row)}
                class={isChosen?.(row) === true ? 'chosen' : undefined}
                role={isCards ? 'row' : undefined}
              >
                {columns.map((column) => (
                  <Cell key={column.key} column={column} row={row} isCards={isCards} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function Cell<Row>({ column, row, isCards }: { column: Column<Row>; row: Row; isCards: boolean }) {
  const { title, cell, isNumber, isName } = column;
  const side = isNumber === true ? 'end' : undefined;
  const content = isCards ? <div>{cell(row)}</div> : cell(row);
  // The name of a zone, as Asia/Karachi, may be broken where a card is narrow.
  const cardTitle = isCards ? title.replaceAll('/', '/\u200b') : undefined;
  if (isName === true)
    return (
      <th scope="row" class={side} role={isCards ? 'rowheader' : undefined} data-title={cardTitle}>
        {content}
      </th>
    );
  return (
    <td class={side} role={isCards ? 'cell' : undefined} data-title={cardTitle}>
      {content}
    </td>
  );
}

type Sorted = { readonly key: string; readonly isDescending: boolean } | null;

function Heading<Row>({
  column: { key, title, isNumber, sortBy },
  sorted,
  sort,
}: {
  column: Column<Row>;
  sorted: Sorted;
  sort: (key: string) => void;
}) {
  const side = isNumber === true ? 'end' : undefined;
  if (sortBy === undefined)
    return (
      <th scope="col" class={side}>
        {title}
      </th>
    );
  const direction = sorted?.key === key ? (sorted.isDescending ? 'descending' : 'ascending') : null;
  return (
    <th scope="col" class={side} aria-sort={direction ?? 'none'}>
      {/* A browser repeats headings on each sheet of paper, but no buttons. */}
      <span class="paper-only">{title}</span>
      <button
        type="button"
        title={text.component.sort(title)}
        onClick={() => {
          sort(key);
        }}
      >
        {title}
        {direction !== null && <Sign name={direction} />}
      </button>
    </th>
  );
}

function sortRows<Row>(rows: readonly Row[], columns: readonly Column<Row>[], sorted: Sorted): readonly Row[] {
  const sortBy = columns.find(({ key }) => key === sorted?.key)?.sortBy;
  if (sorted === null || sortBy === undefined) return rows;
  const sign = sorted.isDescending ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [one, other] = [sortBy(a), sortBy(b)];
    if (one === other) return 0;
    if (one === null) return 1;
    if (other === null) return -1;
    return one < other ? -sign : sign;
  });
}
