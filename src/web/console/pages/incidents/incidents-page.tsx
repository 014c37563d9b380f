/** Incidents in a span of time, what changed in it, and a note by hand. */
import { useEffect } from 'preact/hooks';
import type { ChangeList } from '../../../../history/query/change-list.ts';
import type { IncidentList, ShownIncident } from '../../../../history/query/incident-list.ts';
import { SeverityBadge } from '../../component/badge.tsx';
import { DataTable } from '../../component/data-table.tsx';
import { ErrorState } from '../../component/error-state.tsx';
import { type FilterField, FilterBar } from '../../component/filter-bar.tsx';
import { Loading } from '../../component/loading.tsx';
import { Panel } from '../../component/panel.tsx';
import { Time } from '../../component/time.tsx';
import { zoneName } from '../../format/time-format.ts';
import { useApi } from '../../live/use-api.ts';
import { Link } from '../../shell/link.tsx';
import type { Place } from '../../shell/router.ts';
import { type PageTime, type SpanChoice, spanOf, spanQuery } from '../../span/span-choice.ts';
import { spanWords, TimeSpan } from '../../span/time-span.tsx';
import { text } from '../../text/catalogue.ts';
import { ChangeTable } from './change-table.tsx';
import {
  incidentAddress,
  kindName,
  lengthWords,
  placeName,
  scopeWords,
  seenWords,
  severityOf,
} from './incident-words.ts';
import { AddNote } from './note-form.tsx';
import { TimeLine } from './time-line.tsx';
import './incidents.css';

const words = text.incidents;
const MS_PER_SECOND = 1000;
const CHANGES = 200;
/** Those that have a name here. */
const CHANGE_KINDS = Object.keys(words.changes).join(',');
const FIELDS: readonly FilterField[] = [
  { name: 'kind', label: words.filters.kind, options: Object.entries(words.kinds) },
  { name: 'site', label: words.filters.site },
  { name: 'link', label: words.filters.link },
];
const FLEET_FIELDS: readonly FilterField[] = [...FIELDS, { name: 'isp', label: words.filters.isp }];

/** What the page needs of a live document; a hub has no breaker of its own. */
type IncidentsLive = PageTime & {
  readonly history: { readonly written: number };
  readonly breaker?: { readonly trips: readonly unknown[] };
};

export function IncidentsPage({ live, place }: { readonly live: IncidentsLive; readonly place: Place }) {
  const { zone } = live;
  const span = spanOf(place.query, live, 'week');
  // Charts end with the last minute that is written; a list that ends now has what has just happened.
  const { to: end, ...begin } = spanQuery(span);
  const limits = { ...begin, ...(span.name === null && end !== undefined && { to: end }) };
  const fields = live.source.kind === 'fleet' ? FLEET_FIELDS : FIELDS;
  const filters = fields.flatMap(({ name }) => {
    const value = place.query.get(name);
    return value === null ? [] : [[name, value]];
  });
  const path = `/incidents?${new URLSearchParams([...Object.entries(limits), ...filters]).toString()}`;
  const list = useApi<IncidentList>(path);
  const changes = useApi<ChangeList>(changesPath(limits, filters));
  // Both are read again when the live document says that more was written.
  const news = `${live.history.written} ${live.breaker?.trips.length ?? 0}`;
  useEffect(() => {
    list.reload();
    changes.reload();
  }, [news, list.reload, changes.reload]);
  const incidents = list.data?.incidents ?? [];
  const [fromMs, toMs] = shownSpan(span, incidents);
  return (
    <>
      <p class="paper-only">{spanWords(span, zone)}</p>
      <TimeSpan span={span} live={live} />
      <FilterBar fields={fields} place={place} />
      <div class="grid">
        {incidents.length > 0 && toMs > fromMs && (
          <Panel title={words.timeLine} size="wide">
            <TimeLine incidents={incidents} fromMs={fromMs} toMs={toMs} zone={zone} />
          </Panel>
        )}
        <Panel
          title={words.listTitle}
          size="wide"
          actions={live.source.kind === 'fleet' ? null : <AddNote zone={zone} onNoted={list.reload} />}
        >
          {list.problem !== null && <ErrorState problem={list.problem} retry={list.reload} />}
          {list.data === null && list.problem === null && <Loading />}
          {list.data !== null && (
            <IncidentTable
              incidents={incidents}
              zone={zone}
              csv={`${path}${path.endsWith('?') ? '' : '&'}format=csv`}
              hasPlaces={incidents.some((one) => placeName(one) !== '')}
            />
          )}
          {list.data?.more === true && <p class="small muted">{words.more}</p>}
        </Panel>
        <Panel title={words.changesTitle} size="wide">
          {changes.problem !== null && <ErrorState problem={changes.problem} retry={changes.reload} />}
          {changes.data === null && changes.problem === null && <Loading />}
          {changes.data !== null && (
            <ChangeTable
              changes={changes.data.changes}
              zone={zone}
              caption={words.changesCaption(zoneName(zone))}
              empty={words.changesNone}
              hasPlaces={live.source.kind === 'fleet'}
            />
          )}
          {changes.data?.more === true && <p class="small muted">{words.changesMore}</p>}
        </Panel>
      </div>
    </>
  );
}

/** The address of the changes, which have kinds of their own. */
function changesPath(limits: Readonly<Record<string, string>>, filters: readonly string[][]): string {
  const own = { ...limits, kind: CHANGE_KINDS, limit: String(CHANGES) };
  const places = filters.filter(([name]) => name !== 'kind');
  return `/changes?${new URLSearchParams([...Object.entries(own), ...places]).toString()}`;
}

/** Beginning and end of the time line, ms since 1970; without a span those of the incidents. */
function shownSpan(span: SpanChoice, incidents: readonly ShownIncident[]): readonly [fromMs: number, toMs: number] {
  const ends = incidents.flatMap(({ from_ms: from, to_ms: to }) => [from, to ?? from]);
  const fromMs = span.from === null ? Math.min(...ends) : span.from * MS_PER_SECOND;
  const toMs =
    span.to === null ? Math.max(...ends) : Math.max(span.to * MS_PER_SECOND, ...(span.name === null ? [] : ends));
  return [fromMs, toMs];
}

function IncidentTable(props: { incidents: readonly ShownIncident[]; zone: string; csv: string; hasPlaces: boolean }) {
  const { incidents, zone, csv, hasPlaces } = props;
  const { columns } = words;
  return (
    <DataTable<ShownIncident>
      caption={words.listCaption(zoneName(zone))}
      rows={incidents}
      keyOf={({ id }) => id}
      empty={words.none}
      csv={csv}
      isCards
      columns={[
        {
          key: 'begin',
          title: columns.begin(zoneName(zone)),
          cell: ({ from_ms: ms }) => <Time ms={ms} zone={zone} isPlain />,
          sortBy: ({ from_ms: ms }) => ms,
        },
        {
          key: 'duration',
          title: columns.duration,
          cell: ({ from_ms: from, to_ms: to }) => (to === null ? words.lasts : lengthWords(to - from)),
          sortBy: ({ from_ms: from, to_ms: to }) => (to === null ? Infinity : to - from),
        },
        {
          key: 'kind',
          title: columns.kind,
          cell: (incident) => (
            <Link to={incidentAddress(incident)}>
              <SeverityBadge severity={severityOf(incident)} word={kindName(incident.kind)} />
            </Link>
          ),
          isName: true,
          sortBy: ({ kind }) => kindName(kind),
        },
        { key: 'what', title: columns.what, cell: seenWords },
        { key: 'scope', title: columns.scope, cell: scopeWords },
        ...(hasPlaces ? [{ key: 'place', title: columns.place, cell: placeName, sortBy: placeName }] : []),
      ]}
    />
  );
}
