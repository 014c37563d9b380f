/** Registrations in force before and after each reload, from the history. */
import type { ChangeList } from '../../../../history/query/change-list.ts';
import { DataTable } from '../../component/data-table.tsx';
import { ErrorState } from '../../component/error-state.tsx';
import { Loading } from '../../component/loading.tsx';
import { Panel } from '../../component/panel.tsx';
import { Time } from '../../component/time.tsx';
import { count } from '../../format/number-format.ts';
import { zoneName } from '../../format/time-format.ts';
import { useApi } from '../../live/use-api.ts';
import { text } from '../../text/catalogue.ts';

const words = text.registryPage;

interface ReloadRow {
  readonly id: number;
  readonly ms: number;
  readonly result: string;
  readonly before: number;
  readonly after: number;
  readonly lost: number;
}

export function ReloadsPanel({ zone }: { zone: string }) {
  const { data, problem, reload } = useApi<ChangeList>('/changes?kind=reload&limit=50');
  const number = (key: 'before' | 'after' | 'lost', title: string) => ({
    key,
    title,
    isNumber: true,
    cell: (row: ReloadRow) => count(row[key]),
    sortBy: (row: ReloadRow) => row[key],
  });
  return (
    <Panel title={words.reloads} size="wide">
      {problem !== null && <ErrorState problem={problem} retry={reload} />}
      {data === null && problem === null && <Loading />}
      {data !== null && (
        <DataTable
          caption={words.reloadsCaption}
          rows={data.changes.flatMap(rowOf)}
          keyOf={({ id }) => id}
          empty={words.noReloads}
          columns={[
            {
              key: 'time',
              title: words.reloadTime(zoneName(zone)),
              isName: true,
              cell: ({ ms }: ReloadRow) => <Time ms={ms} zone={zone} isPlain />,
              sortBy: ({ ms }: ReloadRow) => ms,
            },
            {
              key: 'result',
              title: words.reloadResult,
              cell: ({ result }: ReloadRow) => text.incidents.changeWords.results[result] ?? result,
            },
            number('before', words.before),
            number('after', words.after),
            number('lost', words.lost),
          ]}
        />
      )}
    </Panel>
  );
}

/** A reload that was not evaluated has no figures. */
function rowOf({ id, time_ms: ms, fields }: ChangeList['changes'][number]): ReloadRow[] {
  const { reload } = fields as {
    readonly reload?: {
      readonly result?: string;
      readonly change?: { readonly figures?: { readonly registrations?: Record<'before' | 'after' | 'lost', number> } };
    };
  };
  const registrations = reload?.change?.figures?.registrations;
  return registrations === undefined ? [] : [{ id, ms, result: reload?.result ?? '', ...registrations }];
}
