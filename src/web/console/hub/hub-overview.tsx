/** The overview of a fleet: its state in a sentence, and charts of all sites, or of those that are chosen. */
import type { HubSensors } from '../../api/hub-schema.ts';
import type { ChangeList } from '../../../history/query/change-list.ts';
import type { OverviewFigures } from '../../../history/query/overview.ts';
import { Chart } from '../chart/chart.tsx';
import { ErrorState } from '../component/error-state.tsx';
import { type FilterField, FilterBar } from '../component/filter-bar.tsx';
import { Sign } from '../component/sign.tsx';
import { count } from '../format/number-format.ts';
import { useApi } from '../live/use-api.ts';
import { Link } from '../shell/link.tsx';
import { spanOf, spanQuery } from '../span/span-choice.ts';
import { spanWords, TimeSpan } from '../span/time-span.tsx';
import { text } from '../text/catalogue.ts';
import type { HubPageProps } from './hub-pages.tsx';
import { ANSWER_KINDS, hubAnswers } from './hub-answers.ts';
import { AnswerList } from '../pages/overview/answer-list.tsx';
import { FleetBreaker } from './fleet-breaker.tsx';
import { sensorName } from './sensors-page.tsx';
import { SummaryLoading } from '../pages/overview/summary-loading.tsx';
import '../pages/overview/overview.css';

const words = text.hub;
const EVERY_MS = 5000;
const CHANGES_EVERY_MS = 15_000;
const CHANGES = '1000';
const ACTIONS = ['allow', 'throttle', 'block'];
const OUTCOMES = ['would', 'prevented', 'done'];

export function HubOverview({ live, place }: HubPageProps) {
  const { data, problem, reload } = useApi<HubSensors>('/sensors', EVERY_MS);
  const sensors = data?.sensors ?? [];
  const options = (names: readonly string[]): FilterField['options'] =>
    [...new Set(names)].sort().map((name) => [name, name]);
  const fields: readonly FilterField[] = [
    { name: 'isp', label: words.filters.isp, options: options(sensors.map(({ isp }) => isp))! },
    { name: 'site', label: words.filters.site, options: options(sensors.map(({ site }) => site))! },
    { name: 'link', label: words.filters.link },
  ];
  const filters = Object.fromEntries(
    fields.flatMap(({ name }) => {
      const value = place.query.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
  const span = spanOf(place.query, live);
  const query = new URLSearchParams({ ...filters, ...spanQuery(span) });
  const { data: figures } = useApi<OverviewFigures>(`/overview?${query.toString()}`, EVERY_MS);
  const asked = { ...filters, kind: ANSWER_KINDS.join(','), limit: CHANGES };
  const changes = useApi<ChangeList>(`/changes?${new URLSearchParams(asked).toString()}`, CHANGES_EVERY_MS);
  const known = { sensors, figures, changes: changes.data?.changes ?? null, zone: live.zone, wallMs: live.wall_ms };
  const common = { span, place, zone: live.zone, filters };
  return (
    <>
      {problem !== null && <ErrorState problem={problem} retry={reload} />}
      {data === null && problem === null && <SummaryLoading />}
      {data !== null && (
        <State
          sensors={data.sensors}
          hits={figures === null ? null : hitsOf(figures)}
          isTripped={live.fleet_breaker?.tripped_ms != null}
        />
      )}
      {sensors.length > 0 && <AnswerList answers={hubAnswers(known)} />}
      {live.fleet_breaker !== null && <FleetBreaker breaker={live.fleet_breaker} zone={live.zone} />}
      <div class="page-head">
        <h2>{spanWords(span, live.zone)}</h2>
        <TimeSpan span={span} live={live} />
      </div>
      <FilterBar fields={fields} place={place} />
      <div class="overview-charts">
        <Chart {...common} title={words.charts.sites} measure="packets" by="site" />
        <Chart {...common} title={words.charts.decisions} measure="decisions" by="action" order={ACTIONS} />
        <Chart {...common} title={words.charts.bySite} measure="decisions" by="site" />
        <Chart {...common} title={words.charts.clients} measure="clients" by="action" order={ACTIONS} kind="lines" />
        <Chart {...common} title={words.charts.harm} measure="harm" by="outcome" order={OUTCOMES} />
        <Chart {...common} title={words.charts.lost} measure="lost" />
      </div>
    </>
  );
}

function hitsOf({ harm }: OverviewFigures): number {
  return Object.values(harm.in_force ?? {}).reduce((sum, hits) => sum + hits, 0);
}

interface StateProps {
  readonly sensors: HubSensors['sensors'];
  /** Registered ones; null while they are not known. */
  readonly hits: number | null;
  /** The breaker of the fleet has tripped. */
  readonly isTripped: boolean;
}

function State({ sensors, hits, isTripped }: StateProps) {
  const drifted = sensors.filter(({ drift }) => drift.length > 0);
  const isHarm = isTripped || (hits !== null && hits > 0);
  const severity = isHarm ? 'critical' : drifted.length > 0 || sensors.length === 0 ? 'warning' : 'good';
  const said = hits === null ? '' : hits > 0 ? words.hits(count(hits)) : words.noHits;
  return (
    <section class={`summary ${severity}`} aria-label={words.summary}>
      <Sign name={severity} />
      <p>
        {isTripped && `${words.tripped} `}
        {sensors.length === 0 && words.none}
        {sensors.length > 0 && drifted.length === 0 && words.fine(sensors.length)}
        {drifted.length > 0 && (
          <>
            {words.drifted(drifted.length, sensors.length)}{' '}
            <Link to="/sensors">{drifted.slice(0, 5).map(sensorName).join(', ')}</Link>.
          </>
        )}{' '}
        {sensors.length > 0 && said}
      </p>
    </section>
  );
}
