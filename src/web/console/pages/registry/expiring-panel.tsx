/** What expires soon, the soonest first; with hidden addresses by time and sector. */
import type { ExpiringList } from '../../../api/registry-schema.ts';
import { DataTable } from '../../component/data-table.tsx';
import { ErrorState } from '../../component/error-state.tsx';
import { Loading } from '../../component/loading.tsx';
import { Panel } from '../../component/panel.tsx';
import { Time } from '../../component/time.tsx';
import { count } from '../../format/number-format.ts';
import { zoneName } from '../../format/time-format.ts';
import { useApi } from '../../live/use-api.ts';
import type { Place } from '../../shell/router.ts';
import { sectorName } from '../../format/sector-name.ts';
import { text } from '../../text/catalogue.ts';
import { registrationColumns } from './registration-columns.tsx';

const words = text.registryPage;
const SHOWN = 20;

/** `sha256`: the registry's, so that another one is asked for again. */
export function ExpiringPanel({ zone, place, sha256 }: { zone: string; place: Place; sha256: string }) {
  const { data, problem, reload } = useApi<ExpiringList>(`/registry/expiring?limit=${SHOWN}&sha256=${sha256}`);
  return (
    <Panel title={words.expiring} size="wide">
      {problem !== null && <ErrorState problem={problem} retry={reload} />}
      {data === null && problem === null && <Loading />}
      {data !== null &&
        (data.hidden ? <Groups list={data} zone={zone} /> : <Rows list={data} zone={zone} place={place} />)}
    </Panel>
  );
}

function Rows({ list: { rows, total }, zone, place }: { list: ExpiringList; zone: string; place: Place }) {
  return (
    <DataTable
      caption={`${words.expiringCaption}. ${words.shown(rows.length, total)}.`}
      columns={registrationColumns(zone, place)}
      rows={rows}
      keyOf={({ row }) => row}
      csv="/registry/expiring.csv"
      empty={words.noExpiring}
      isCards
    />
  );
}

function Groups({ list: { groups, total }, zone }: { list: ExpiringList; zone: string }) {
  return (
    <DataTable
      caption={`${words.expiringCaption}. ${words.shown(total, total)}.`}
      rows={groups}
      keyOf={({ until_ms: until, sector }) => `${until} ${sector}`}
      csv="/registry/expiring.csv"
      empty={words.noExpiring}
      isCards
      columns={[
        {
          key: 'until',
          title: words.columns.until(zoneName(zone)),
          isName: true,
          cell: ({ until_ms: until }) => <Time ms={until} zone={zone} isPlain />,
          sortBy: ({ until_ms: until }) => until,
        },
        {
          key: 'sector',
          title: words.columns.sector,
          cell: ({ sector }) => sectorName(sector),
          sortBy: ({ sector }) => sector,
        },
        {
          key: 'registrations',
          title: words.columns.registrations,
          isNumber: true,
          cell: ({ registrations }) => count(registrations),
          sortBy: ({ registrations }) => registrations,
        },
      ]}
    />
  );
}
