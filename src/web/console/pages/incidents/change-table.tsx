/** Changes as a table: when, what, and who. */
import { DataTable } from '../../component/data-table.tsx';
import { zoneName } from '../../format/time-format.ts';
import { text } from '../../text/catalogue.ts';
import { placeName } from './incident-words.ts';
import { ChangeTime } from './change-time.tsx';
import { changedBy, changeDetails, changeName, type ShownChange } from './change-words.ts';

const { columns } = text.incidents;

interface ChangeTableProps {
  readonly changes: readonly ShownChange[];
  readonly zone: string;
  readonly caption: string;
  readonly empty: string;
  /** The changes are of several places. */
  readonly hasPlaces?: boolean;
}

export function ChangeTable(props: ChangeTableProps) {
  const { changes, zone, caption, empty, hasPlaces = false } = props;
  return (
    <DataTable<ShownChange>
      caption={caption}
      rows={changes}
      keyOf={({ id }) => id}
      empty={empty}
      isCards
      columns={[
        {
          key: 'time',
          title: columns.time(zoneName(zone)),
          cell: (change) => <ChangeTime change={change} zone={zone} isPlain />,
          sortBy: ({ time_ms: ms }) => ms,
        },
        { key: 'kind', title: columns.change, cell: changeName, isName: true, sortBy: changeName },
        ...(hasPlaces ? [{ key: 'place', title: columns.place, cell: placeName, sortBy: placeName }] : []),
        { key: 'detail', title: columns.detail, cell: (change) => changeDetails(change, zone) },
        { key: 'who', title: columns.who, cell: changedBy },
      ]}
    />
  );
}
