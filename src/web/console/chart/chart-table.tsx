/** The values of a chart as a table, opened on demand. On paper it is always there, in few rows. */
import { useState } from 'preact/hooks';
import { type Column, DataTable } from '../component/data-table.tsx';
import { Time } from '../component/time.tsx';
import { changeDetails, changedBy } from '../pages/incidents/change-words.ts';
import { percent, spanInWords } from '../format/number-format.ts';
import { zoneName } from '../format/time-format.ts';
import { text } from '../text/catalogue.ts';
import type { ChartPoints } from './chart-points.ts';
import type { MeasureFormat } from './measure-format.ts';
import { paperRowsOf, rowsOf, type TableRow } from './table-rows.ts';
import { type Marker, markersWithin } from './use-markers.ts';
import { usePrinting } from './use-printing.ts';

export interface ChartTableProps {
  readonly title: string;
  readonly points: ChartPoints;
  /** Names of the series, in their order. */
  readonly names: readonly string[];
  readonly format: MeasureFormat;
  readonly step: number;
  readonly zone: string;
  /** Changes in the span: a column of the table, where there are any. */
  readonly markers: readonly Marker[];
}

const MOST_PRINTED = 31;

export function ChartTable(props: ChartTableProps) {
  const [isOpen, setOpen] = useState(false);
  const isPrinting = usePrinting();
  return (
    <details
      class="chart-table"
      open={isOpen || isPrinting}
      onToggle={({ currentTarget }) => {
        if (!isPrinting) setOpen(currentTarget.open);
      }}
    >
      <summary>{text.chart.table}</summary>
      {(isOpen || isPrinting) && <Rows {...props} isPrinting={isPrinting} />}
    </details>
  );
}

function Rows({
  title,
  points,
  names,
  format,
  step,
  zone,
  markers,
  isPrinting,
}: ChartTableProps & { isPrinting: boolean }) {
  const { rows, joined } = isPrinting
    ? paperRowsOf(points, format.isSum, MOST_PRINTED)
    : rowsOf(points, format.isSum, Infinity);
  const hasGaps = rows.some(({ until }) => until !== null);
  const series = names.map((name, at): Column<TableRow> => ({
    key: `series ${at}`,
    title: name,
    isNumber: true,
    cell: ({ values }) => format.exact(values[at] ?? null),
    sortBy: ({ values }) => values[at] ?? null,
  }));
  const columns: Column<TableRow>[] = [
    {
      key: 'time',
      title: text.chart.time(zoneName(zone)),
      isName: true,
      cell: ({ time, until }) => (
        <>
          <Time ms={time * 1000} zone={zone} isPlain />
          {until !== null && (
            <>
              {' '}
              {text.chart.notWatchedUntil} <Time ms={until * 1000} zone={zone} isPlain />
            </>
          )}
        </>
      ),
      sortBy: ({ time }) => time,
    },
    ...series,
    {
      key: 'watched',
      title: text.chart.watched,
      isNumber: true,
      cell: ({ watched }) => percent(watched),
      sortBy: ({ watched }) => watched,
    },
    ...(markers.length === 0 ? [] : [changesColumn(markers, zone)]),
  ];
  return (
    <DataTable
      caption={`${text.chart.caption(title, spanInWords(step * joined))}${hasGaps ? text.chart.captionGaps : ''}`}
      columns={columns}
      rows={rows}
      keyOf={({ time }) => time}
      empty={text.chart.noData}
    />
  );
}

/** What changed in the time of a row. */
function changesColumn(markers: readonly Marker[], zone: string): Column<TableRow> {
  return {
    key: 'changes',
    title: text.chart.changes,
    cell: ({ time, end }) =>
      markersWithin(markers, time, end).map(({ at, name, change }) => {
        const details = [changedBy(change), changeDetails(change, zone)].filter((part) => part !== '').join('; ');
        return (
          <div key={change.id}>
            <Time ms={at * 1000} zone={zone} isPlain /> {name}
            {details !== '' && `: ${details}`}
          </div>
        );
      }),
  };
}
