/** One incident: what was seen, what was in force, what changed before it, and the charts around it. */
import { useState } from 'preact/hooks';
import type { IncidentDetail, ShownIncident } from '../../../../history/query/incident-list.ts';
import { Chart } from '../../chart/chart.tsx';
import { SeverityBadge } from '../../component/badge.tsx';
import { Confirm } from '../../component/confirm.tsx';
import { Empty } from '../../component/empty.tsx';
import { ErrorState } from '../../component/error-state.tsx';
import { Loading } from '../../component/loading.tsx';
import { Panel } from '../../component/panel.tsx';
import { Time } from '../../component/time.tsx';
import { zonedTime, zoneName } from '../../format/time-format.ts';
import { failureWords, remove } from '../../live/api.ts';
import { useApi } from '../../live/use-api.ts';
import { useSession } from '../../live/use-session.ts';
import { Link } from '../../shell/link.tsx';
import { goTo, type Place } from '../../shell/router.ts';
import type { PageTime, SpanChoice } from '../../span/span-choice.ts';
import { sectorName } from '../../format/sector-name.ts';
import { text } from '../../text/catalogue.ts';
import { ChangeTable } from './change-table.tsx';
import { kindName, lengthWords, placeName, seenWords, severityOf, titleOf, causeWords } from './incident-words.ts';
import './incidents.css';

const words = text.incidents.one;
const EVERY_MS = 5000;
const MS_PER_SECOND = 1000;
const SECONDS_PER_HOUR = 3600;
const ACTIONS = ['allow', 'throttle', 'block'] as const;
const OUTCOMES = ['would', 'prevented', 'done'] as const;

export function IncidentPage({ live, place }: { readonly live: PageTime; readonly place: Place }) {
  const id = place.path.slice(place.path.lastIndexOf('/') + 1);
  const { data, problem, reload } = useApi<IncidentDetail>(/^\d+$/.test(id) ? `/incidents/${id}` : null, EVERY_MS);
  const { zone } = live;
  const back = (
    <p class="screen-only">
      <Link to="/incidents">{words.back}</Link>
    </p>
  );
  if (!/^\d+$/.test(id))
    return (
      <>
        {back}
        <ErrorState problem={words.notFound} />
      </>
    );
  if (data === null)
    return (
      <>
        {back}
        {problem === null ? <Loading /> : <ErrorState problem={problem} retry={reload} />}
      </>
    );
  const { incident, before, during } = data;
  return (
    <>
      {back}
      {problem !== null && <ErrorState problem={problem} retry={reload} />}
      <div class="grid">
        <Panel title={titleOf(incident)} size="double" actions={<RemoveNote incident={incident} />}>
          <Facts incident={incident} zone={zone} />
        </Panel>
        <Panel title={words.inForce}>
          <InForce detail={data} />
        </Panel>
        <Panel title={words.before} size="wide">
          <ChangeTable
            changes={before}
            zone={zone}
            caption={words.beforeCaption(zoneName(zone))}
            empty={words.beforeNone}
          />
        </Panel>
        <Panel title={words.during} size="wide">
          <ChangeTable
            changes={during}
            zone={zone}
            caption={words.duringCaption(zoneName(zone))}
            empty={words.duringNone}
          />
        </Panel>
        <Around incident={incident} place={place} zone={zone} isOfSite={live.source.kind === 'fleet'} />
      </div>
    </>
  );
}

function Facts({ incident, zone }: { incident: ShownIncident; zone: string }) {
  const { from_ms: fromMs, to_ms: toMs, scope, noted, kind } = incident;
  const facts: [string, preact.ComponentChildren][] = [
    [words.kind, <SeverityBadge severity={severityOf(incident)} word={kindName(kind)} />],
    [words.begin, <Time ms={fromMs} zone={zone} />],
    [
      words.end,
      toMs === null ? (
        text.incidents.lasts
      ) : (
        <>
          <Time ms={toMs} zone={zone} /> ({lengthWords(toMs - fromMs)})
        </>
      ),
    ],
    [words.seen, kind === 'note' ? '' : seenWords(incident)],
    [words.cause, causeWords(incident) === seenWords(incident) ? '' : causeWords(incident)],
    [words.place, placeName(incident)],
    [words.rules, scope.rules.join(', ')],
    [words.protocols, scope.protocols.map((name) => text.terms.protocols[name] ?? name).join(', ')],
    [words.sectors, scope.sectors.map(sectorName).join(', ')],
    [words.noted, noted === null ? '' : words.notedBy(noted.by, zonedTime(noted.at_ms, zone))],
  ];
  return <FactList facts={facts} />;
}

function InForce({ detail: { in_force: inForce } }: { detail: IncidentDetail }) {
  if (inForce === null) return <Empty>{words.inForceNone}</Empty>;
  const { policy, registry, reload, mode } = inForce as {
    policy?: { name?: string; sha256?: string };
    registry?: { sha256?: string };
    reload?: { mode?: string };
    mode?: string;
  };
  const inMode = reload?.mode ?? mode ?? '';
  return (
    <FactList
      facts={[
        [words.policy, policy?.name ?? ''],
        [words.mode, text.terms.modes[inMode] ?? inMode],
        [words.policyHash, policy?.sha256 ?? ''],
        [words.registryHash, registry?.sha256 ?? ''],
      ]}
    />
  );
}

function FactList({ facts }: { facts: readonly [string, preact.ComponentChildren][] }) {
  return (
    <dl class="facts">
      {facts
        .filter(([, value]) => value !== '')
        .map(([name, value]) => (
          <div key={name} class="fact">
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

function Around(props: { incident: ShownIncident; place: Place; zone: string; isOfSite: boolean }) {
  const { incident, place, zone, isOfSite } = props;
  const { site, isp } = incident;
  const span = spanAround(incident);
  // In a fleet the charts are of its own site.
  const chart = { span, place, zone, ...(isOfSite && { filters: { site, isp } }) };
  return (
    <div class="wide charts-around">
      <Chart title={words.decisions} measure="decisions" by="action" order={ACTIONS} {...chart} />
      <Chart title={words.clients} measure="clients" by="action" kind="lines" order={ACTIONS} {...chart} />
      <Chart title={words.harm} measure="harm" by="outcome" order={OUTCOMES} {...chart} />
      <Chart title={words.packets} measure="watched" {...chart} />
    </div>
  );
}

/** As long before and after it as it lasted, but at least an hour. */
function spanAround({ from_ms: fromMs, to_ms: toMs }: ShownIncident): SpanChoice {
  const from = Math.floor(fromMs / MS_PER_SECOND);
  const to = Math.ceil((toMs ?? fromMs + SECONDS_PER_HOUR * MS_PER_SECOND) / MS_PER_SECOND);
  const margin = Math.max(SECONDS_PER_HOUR, to - from);
  return { name: null, from: Math.max(0, from - margin), to: to + margin };
}

function RemoveNote({ incident: { id, kind } }: { incident: ShownIncident }) {
  const session = useSession();
  const [isOpen, setOpen] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  if (kind !== 'note' || session?.user?.role !== 'operator') return null;
  const confirm = (): void => {
    remove(`/incidents/${id}`).then(
      () => {
        goTo('/incidents');
      },
      (error: unknown) => {
        setProblem(failureWords(error));
      },
    );
  };
  return (
    <>
      <button
        type="button"
        onClick={() => {
          setOpen(true);
        }}
      >
        {text.incidents.note.remove}
      </button>
      <Confirm
        title={text.incidents.note.remove}
        isOpen={isOpen}
        action={text.incidents.note.remove}
        isDangerous
        onConfirm={confirm}
        onClose={() => {
          setOpen(false);
        }}
      >
        <p>{text.incidents.note.removeWords}</p>
        {problem !== null && <ErrorState problem={problem} />}
      </Confirm>
    </>
  );
}
