/** Changes as a table: when, what, and who. */
import { DataTable } from '../../component/data-table.tsx';
import { zoneName } from '../../format/time-format.ts';
import { text } from '../../text/catalogue.ts';
import { ChangeTime } from './change-time.tsx';
import { changedBy, changeDetails, changeName, type ShownChange } from './change-words.ts';

const { columns } = text.incidents;

export function ChangeTable(props: { changes: readonly ShownChange[]; zone: string; caption: string; empty: string }) {
  const { changes, zone, caption, empty } = props;
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
        { key: 'detail', title: columns.detail, cell: (change) => changeDetails(change, zone) },
        { key: 'who', title: columns.who, cell: changedBy },
      ]}
    />
  );
}
