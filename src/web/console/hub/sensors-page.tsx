/** The sensors of a fleet: whether each is seen, which rules it runs, what it loses, and its clock. */
import type { ChangeList } from '../../../history/query/change-list.ts';
import type { HubSensor, HubSensors } from '../../api/hub-schema.ts';
import { Badge } from '../component/badge.tsx';
import { type Column, DataTable } from '../component/data-table.tsx';
import { ErrorState } from '../component/error-state.tsx';
import { Loading } from '../component/loading.tsx';
import { Panel } from '../component/panel.tsx';
import { shortCount, share, span } from '../format/number-format.ts';
import { zonedTime } from '../format/time-format.ts';
import { useApi } from '../live/use-api.ts';
import { text } from '../text/catalogue.ts';
import { RULES_KINDS, type RulesInUse, rulesInUse } from './rules-in-use.ts';
import type { HubPageProps } from './hub-pages.tsx';

const words = text.hub.sensors;
const EVERY_MS = 3000;
const RULES_PATH = `/changes?kind=${RULES_KINDS.join(',')}&limit=1000`;
const RULES_EVERY_MS = 15_000;
const MS_PER_SECOND = 1000;
const MICROS_PER_SECOND = 1e6;
/** A clock that is off by less is on time. */
const ON_TIME_MS = 500;

export function sensorName({ isp, site }: Pick<HubSensor, 'isp' | 'site'>): string {
  return `${isp}/${site}`;
}

export function SensorsPage({ live }: HubPageProps) {
  const { data, problem, reload } = useApi<HubSensors>('/sensors', EVERY_MS);
  const changes = useApi<ChangeList>(RULES_PATH, RULES_EVERY_MS);
  const inUse = rulesInUse(changes.data?.changes ?? []);
  const refusing = data?.sensors.filter(({ rules }) => rules?.refused != null) ?? [];
  return (
    <div class="grid">
      <Panel title={words.title} size="wide">
        {problem !== null && <ErrorState problem={problem} retry={reload} />}
        {data === null && problem === null && <Loading />}
        {data !== null && (
          <DataTable<HubSensor>
            caption={words.caption}
            rows={data.sensors}
            keyOf={sensorName}
            empty={words.none}
            isCards
            columns={columns(live, inUse)}
          />
        )}
      </Panel>
      {refusing.length > 0 && (
        <Panel title={words.refused} size="wide">
          <dl class="facts told">
            {refusing.map((sensor) => (
              <div key={sensorName(sensor)} class="fact">
                <dt>{sensorName(sensor)}</dt>
                <dd>{refusedWords(sensor)}</dd>
              </div>
            ))}
          </dl>
        </Panel>
      )}
    </div>
  );
}

function columns(
  { wall_ms: nowMs, zone }: HubPageProps['live'],
  inUse: ReadonlyMap<string, RulesInUse>,
): Column<HubSensor>[] {
  const titles = words.columns;
  return [
    { key: 'sensor', title: titles.sensor, cell: sensorName, isName: true, sortBy: sensorName },
    { key: 'state', title: titles.state, cell: State, sortBy: ({ drift }) => -drift.length },
    {
      key: 'seen',
      title: titles.seen,
      cell: ({ seen_ms: ms }) => words.ago(span(Math.max(0, (nowMs - ms) / MS_PER_SECOND))),
      sortBy: ({ seen_ms: ms }) => ms,
    },
    { key: 'version', title: titles.version, cell: ({ version }) => version, sortBy: ({ version }) => version },
    { key: 'rules', title: titles.rules, cell: rulesWords, sortBy: ({ rules }) => rules?.version ?? null },
    {
      key: 'in-use',
      title: titles.inUse,
      cell: (sensor) => inUseWords(inUse.get(sensorName(sensor)), zone),
      sortBy: (sensor) => inUse.get(sensorName(sensor))?.sinceMs ?? null,
    },
    {
      key: 'packets',
      title: titles.packets,
      cell: ({ packets }) => shortCount(packets),
      isNumber: true,
      sortBy: ({ packets }) => packets,
    },
    {
      key: 'lost',
      title: titles.lost,
      cell: ({ packets, lost_packets: lost }) => share(lost, packets + lost),
      isNumber: true,
      sortBy: ({ packets, lost_packets: lost }) => lost / Math.max(1, packets + lost),
    },
    {
      key: 'lag',
      title: titles.lag,
      cell: ({ lag_us: lag }) => span(lag / MICROS_PER_SECOND),
      isNumber: true,
      sortBy: ({ lag_us: lag }) => lag,
    },
    {
      key: 'clock',
      title: titles.clock,
      cell: clockWords,
      sortBy: ({ clock_offset_ms: ms }) => (ms === null ? null : Math.abs(ms)),
    },
  ];
}

function State({ drift }: HubSensor) {
  if (drift.length === 0) return <Badge word={words.ok} sign="good" tone="good" />;
  return (
    <span class="badges">
      {drift.map((one) => (
        <Badge key={one} word={words.drift[one] ?? one} sign="warning" tone="warn" />
      ))}
    </span>
  );
}

function rulesWords({ rules }: HubSensor): string {
  if (rules === null) return words.own;
  const { version, wanted, ring } = rules;
  const used = version === null ? words.own : words.bundle(version);
  return `${used}, ${wanted === null || wanted === version ? words.ring(ring) : words.wanted(ring, wanted)}`;
}

function inUseWords(used: RulesInUse | undefined, zone: string): string {
  if (used === undefined) return text.units.missing;
  return words.inUse(text.terms.modes[used.mode] ?? used.mode, used.policy, zonedTime(used.sinceMs, zone));
}

function refusedWords({ rules }: HubSensor): string {
  if (rules?.refused == null) return '';
  const { reason, problem } = rules.refused;
  const why = Object.hasOwn(words.refusals, reason) ? words.refusals[reason]! : reason;
  return words.refusedBecause(why, problem);
}

function clockWords({ clock_offset_ms: ms }: HubSensor): string {
  if (ms === null) return text.units.missing;
  if (Math.abs(ms) < ON_TIME_MS) return words.onTime;
  const off = span(Math.abs(ms) / MS_PER_SECOND);
  return ms > 0 ? words.ahead(off) : words.behind(off);
}
