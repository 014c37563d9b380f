/** A chart over time from the history: one request, its table, its CSV, and the link of its view. */
import { useMemo } from 'preact/hooks';
import type { ChartData, Measure, Split } from '../../../history/query/chart-query.ts';
import { CsvLink } from '../component/csv-link.tsx';
import { ErrorState } from '../component/error-state.tsx';
import { Panel } from '../component/panel.tsx';
import { percent } from '../format/number-format.ts';
import { useApi } from '../live/use-api.ts';
import { Link } from '../shell/link.tsx';
import { changedQuery, type Place, queryText } from '../shell/router.ts';
import { type SpanChoice, spanAddress, spanQuery } from '../span/span-choice.ts';
import { text } from '../text/catalogue.ts';
import { ChartView } from './chart-view.tsx';
import { formatOf } from './measure-format.ts';
import { seriesName } from './series-name.ts';
import { type IncidentBand, useBands } from './use-bands.ts';
import { useMarkers } from './use-markers.ts';
import './chart.css';

export interface ChartProps {
  readonly title: string;
  readonly measure: Measure;
  readonly by?: Split;
  /** Filters of the question, by the names of the API. */
  readonly filters?: Readonly<Record<string, string>>;
  readonly span: SpanChoice;
  readonly place: Place;
  readonly zone: string;
  /** Areas on each other, as usual, or lines. */
  readonly kind?: 'areas' | 'lines';
  /** Series that are always there, from the bottom up. Give the same array each time. */
  readonly order?: readonly string[];
  readonly size?: 'double' | 'wide';
}

/** More would be narrower than three pixels. */
const MOST_POINTS = 180;
const NO_ORDER: readonly string[] = [];
const NAMED_BANDS = 5;
/** Filters that incidents and changes have too. */
const PLACES: ReadonlySet<string> = new Set(['site', 'isp', 'link']);

export function Chart(props: ChartProps) {
  const { title, measure, by, filters = {}, span, place, zone, kind = 'areas', order = NO_ORDER, size } = props;
  const query = new URLSearchParams({
    points: String(MOST_POINTS),
    measure,
    ...(by !== undefined && { by }),
    ...filters,
    ...spanQuery(span),
  });
  const address = `/chart?${query.toString()}`;
  const { data, problem, reload } = useApi<ChartData>(address);
  const places = Object.fromEntries(Object.entries(filters).filter(([name]) => PLACES.has(name)));
  const bands = useBands(span, places);
  const markers = useMarkers(span, places);
  const nameOf = useMemo(() => (name: string) => seriesName(name, by, title), [by, title]);
  return (
    <Panel
      title={title}
      {...(size !== undefined && { size })}
      actions={
        <>
          <CsvLink path={`${address}&format=csv`} name={title} />
          {data !== null && <ViewLink data={data} place={place} title={title} />}
        </>
      }
    >
      <figure class="chart">
        {problem !== null && <ErrorState problem={problem} retry={reload} />}
        {data === null && problem === null && (
          <div class="skeleton plot-space" role="status">
            {text.component.loading}
          </div>
        )}
        {data !== null && (
          <ChartView
            title={title}
            data={data}
            order={order}
            nameOf={nameOf}
            format={formatOf(measure)}
            isStacked={kind === 'areas'}
            isTrimmed={span.name === 'all'}
            zone={zone}
            bands={bands}
            markers={markers}
          />
        )}
        {data !== null && data.error > 0 && <p class="small muted">{text.chart.estimated(percent(data.error))}</p>}
        {bands.length > 0 && <BandLinks bands={bands} />}
      </figure>
    </Panel>
  );
}

/** Leads to this page with the span as it is now, which does not move on with time. */
function ViewLink({ data: { from, to }, place, title }: { data: ChartData; place: Place; title: string }) {
  const query = changedQuery(place.query, spanAddress({ name: null, from, to }));
  return (
    <Link to={`${place.path}${queryText(query)}`}>
      {text.chart.link}
      <span class="hidden-text"> {title}</span>
    </Link>
  );
}

/** The bands in words, the latest first; all of them are on the page of incidents. */
function BandLinks({ bands }: { bands: readonly IncidentBand[] }) {
  return (
    <p class="small muted">
      {text.chart.incidents}:{' '}
      {bands.slice(0, NAMED_BANDS).map(({ id, title }, at) => (
        <>
          {at > 0 && ', '}
          <Link to={`/incidents/${id}`}>{title}</Link>
        </>
      ))}
      {bands.length > NAMED_BANDS && ` ${text.chart.moreIncidents(bands.length - NAMED_BANDS)}`}
    </p>
  );
}
