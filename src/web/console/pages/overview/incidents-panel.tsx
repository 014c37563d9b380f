/** The latest incidents, each with the page that tells more of it. */
import { useEffect } from 'preact/hooks';
import type { LiveDocument } from '../../../api/live-schema.ts';
import type { IncidentList } from '../../../../history/query/incident-list.ts';
import { SeverityBadge } from '../../component/badge.tsx';
import { Empty } from '../../component/empty.tsx';
import { ErrorState } from '../../component/error-state.tsx';
import { Loading } from '../../component/loading.tsx';
import { Panel } from '../../component/panel.tsx';
import { Time } from '../../component/time.tsx';
import { useApi } from '../../live/use-api.ts';
import { Link } from '../../shell/link.tsx';
import { text } from '../../text/catalogue.ts';
import { incidentAddress, severityOf, titleOf } from '../incidents/incident-words.ts';

const { incidents: words } = text.overview;
const SHOWN = 5;
const SOON_MS = 1000;
const EVERY_MS = 15_000;

export function IncidentsPanel({ live: { zone, breaker, harm, refused } }: { live: LiveDocument }) {
  const { data, problem, reload } = useApi<IncidentList>(`/incidents?limit=${SHOWN}`, EVERY_MS);
  // What the live document says at once is an incident a moment later.
  const sign = `${breaker.trips.length} ${harm.latest?.time_ms ?? ''} ${refused?.sha256 ?? ''}`;
  useEffect(() => {
    const timer = setTimeout(reload, SOON_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [sign, reload]);
  return (
    <Panel title={words.title} actions={<Link to="/incidents">{words.all}</Link>}>
      {problem !== null && <ErrorState problem={problem} retry={reload} />}
      {data === null && problem === null && <Loading />}
      {data?.incidents.length === 0 && <Empty>{words.none}</Empty>}
      {data !== null && data.incidents.length > 0 && (
        <ol class="latest">
          {data.incidents.map((incident) => (
            <li key={incident.id}>
              <span>
                <SeverityBadge severity={severityOf(incident)} />{' '}
                <Link to={incidentAddress(incident)}>{titleOf(incident)}</Link>
                {incident.to_ms === null && <span class="muted"> {words.lasts}</span>}
              </span>
              <Time ms={incident.from_ms} zone={zone} />
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
