/** The latest changes of rules, mode and operation. */
import type { ChangeList } from '../../../../history/query/change-list.ts';
import { Empty } from '../../component/empty.tsx';
import { ErrorState } from '../../component/error-state.tsx';
import { Loading } from '../../component/loading.tsx';
import { Panel } from '../../component/panel.tsx';
import type { ApiState } from '../../live/use-api.ts';
import { Link } from '../../shell/link.tsx';
import { text } from '../../text/catalogue.ts';
import { ChangeTime } from '../incidents/change-time.tsx';
import { changeTitle } from '../incidents/change-words.ts';

const { changes: words } = text.overview;

export function ChangesPanel({ changes, zone }: { changes: ApiState<ChangeList>; zone: string }) {
  const { data: list, problem, reload } = changes;
  return (
    <Panel title={words.title} actions={<Link to="/incidents">{words.all}</Link>}>
      {problem !== null && <ErrorState problem={problem} retry={reload} />}
      {list === null ? (
        problem === null && <Loading />
      ) : list.changes.length === 0 ? (
        <Empty>{words.none}</Empty>
      ) : (
        <ol class="latest">
          {list.changes.map((change) => (
            <li key={change.id}>
              <span>{changeTitle(change, zone)}</span> <ChangeTime change={change} zone={zone} />
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
