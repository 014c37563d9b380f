/** Registrations that overlap others, and rows that are there twice. */
import type { OverlapList } from '../../../api/registry-schema.ts';
import { Badge } from '../../component/badge.tsx';
import { DataTable } from '../../component/data-table.tsx';
import { ErrorState } from '../../component/error-state.tsx';
import { Loading } from '../../component/loading.tsx';
import { Panel } from '../../component/panel.tsx';
import { useApi } from '../../live/use-api.ts';
import type { Place } from '../../shell/router.ts';
import { text } from '../../text/catalogue.ts';
import { RegistrationLink } from './registration-columns.tsx';

const words = text.registryPage;
const SHOWN = 20;

/** `sha256`: the registry's, so that another one is asked for again. */
export function OverlapsPanel({ place, sha256 }: { place: Place; sha256: string }) {
  const { data, problem, reload } = useApi<OverlapList>(`/registry/overlaps?limit=${SHOWN}&sha256=${sha256}`);
  const { columns } = words;
  return (
    <Panel title={words.overlapsTitle} size="wide">
      {problem !== null && <ErrorState problem={problem} retry={reload} />}
      {data === null && problem === null && <Loading />}
      {data !== null && (
        <DataTable
          caption={`${words.overlapsCaption} ${words.shown(data.rows.length, data.overlaps + data.duplicates)}.`}
          rows={data.rows}
          keyOf={({ registration, other, kind }) => `${registration.row} ${other.row} ${kind}`}
          csv="/registry/overlaps.csv"
          empty={words.noOverlaps}
          columns={[
            {
              key: 'prefix',
              title: columns.prefix,
              isName: true,
              cell: ({ registration }) => <RegistrationLink registration={registration} place={place} />,
            },
            { key: 'holder', title: columns.holder, cell: ({ registration }) => registration.holder },
            {
              key: 'kind',
              title: columns.kind,
              cell: ({ kind }) => <Badge word={words.kinds[kind]!} tone={kind === 'duplicate' ? 'warn' : 'neutral'} />,
            },
            {
              key: 'other',
              title: columns.other,
              cell: ({ other }) => (
                <>
                  <RegistrationLink registration={other} place={place} /> {other.holder}, {words.lineOf(other.line)}
                </>
              ),
            },
          ]}
        />
      )}
    </Panel>
  );
}
