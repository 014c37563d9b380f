/** The search: is this address registered, now or at a time, and by which registration. */
import type { SearchAnswer } from '../../../api/registry-schema.ts';
import { DataTable } from '../../component/data-table.tsx';
import { Empty } from '../../component/empty.tsx';
import { ErrorState } from '../../component/error-state.tsx';
import { FilterBar } from '../../component/filter-bar.tsx';
import { Loading } from '../../component/loading.tsx';
import { Note } from '../../component/note.tsx';
import { Panel } from '../../component/panel.tsx';
import { zonedTime } from '../../format/time-format.ts';
import { useApi } from '../../live/use-api.ts';
import type { Place } from '../../shell/router.ts';
import { timeOfLocal } from '../../span/zone-time.ts';
import { text } from '../../text/catalogue.ts';
import { registrationColumns } from './registration-columns.tsx';
import { SearchTime } from './search-time.tsx';

const words = text.registryPage;
const PROTOCOLS = ['wireguard', 'openvpn', 'ipsec'] as const;

export function SearchPanel({ place, zone }: { place: Place; zone: string }) {
  const sought = place.query.get('q') ?? '';
  const at = place.query.get('at');
  const query = new URLSearchParams({ q: sought });
  const protocol = place.query.get('protocol');
  if (protocol !== null) query.set('protocol', protocol);
  const time = at === null ? null : timeOfLocal(at, zone);
  if (time !== null) query.set('at', String(time));
  const path = sought === '' ? null : `/registry/search?${query.toString()}`;
  const { data, problem, reload } = useApi<SearchAnswer>(path);
  const protocols = PROTOCOLS.map((name) => [name, text.terms.protocols[name]!] as const);
  return (
    <Panel title={words.search} size="wide" footer={words.searchHint}>
      <div class="registry-search">
        <FilterBar
          place={place}
          clears={['row']}
          fields={[
            { name: 'q', label: words.searchLabel, placeholder: words.searchPlaceholder },
            { name: 'protocol', label: words.protocol, options: protocols },
          ]}
        />
      </div>
      <SearchTime place={place} zone={zone} />
      <div role="status" class="search-answer">
        {path !== null && problem !== null && <ErrorState problem={problem} retry={reload} />}
        {path !== null && problem === null && data === null && <Loading />}
        {path !== null && problem === null && data !== null && (
          <Answer answer={data} sought={sought} zone={zone} place={place} />
        )}
      </div>
    </Panel>
  );
}

function Answer(props: { answer: SearchAnswer; sought: string; zone: string; place: Place }) {
  const { answer, sought, zone, place } = props;
  return (
    <>
      <Verdict answer={answer} sought={sought} zone={zone} />
      {answer.sections.map(({ kind, total, rows }) => (
        <section key={kind} aria-label={words.sections[kind]}>
          <h3>{words.sections[kind]!}</h3>
          <DataTable
            caption={total === null ? words.shownOfMany(rows.length) : words.shown(rows.length, total)}
            columns={registrationColumns(zone, place)}
            rows={rows}
            keyOf={({ row }) => row}
            isChosen={({ counts }) => counts}
            empty=""
            isCards
          />
        </section>
      ))}
    </>
  );
}

/** The answer in one sentence. */
function Verdict({ answer, sought, zone }: { answer: SearchAnswer; sought: string; zone: string }) {
  const { kind, problem, registered, sections, at_ms: at } = answer;
  const time = zonedTime(at, zone);
  const verdict = registered === true ? words.registered : words.notRegistered;
  if (kind === 'invalid')
    return (
      <Note severity="warning">
        <p>{words.invalid(problem ?? '')}</p>
      </Note>
    );
  if (kind === 'address')
    return (
      <Note severity={registered === true ? 'good' : 'warning'}>
        <p>
          <strong>{verdict(sought, time)}</strong>{' '}
          {registered === false && (sections.length === 0 ? words.noneCovers : words.noneInForce)}
        </p>
      </Note>
    );
  if (sections.length > 0) return null;
  return <Empty>{kind === 'prefix' ? words.noPrefix(sought) : words.nothing(sought)}</Empty>;
}
