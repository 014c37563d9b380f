/** A chart with its data: the drawing, its cursor by pointer and keyboard, its legend, and its table. */
import { useMemo, useState } from 'preact/hooks';
import type { ChartData } from '../../../history/query/chart-query.ts';
import { Empty } from '../component/empty.tsx';
import { spanInWords } from '../format/number-format.ts';
import { timeRange, zoneName } from '../format/time-format.ts';
import { text } from '../text/catalogue.ts';
import { ChartTable } from './chart-table.tsx';
import { type ChartPoints, pointsOf } from './chart-points.ts';
import { Legend } from './legend.tsx';
import type { MeasureFormat } from './measure-format.ts';
import type { PlotInput } from './plot.ts';
import { PlotCursor } from './plot-cursor.tsx';
import type { Band } from './plot-ground.ts';
import { type SeriesStyle, styleOf } from './series-style.ts';
import { type Marker, MARKER_KINDS, markersWithin } from './use-markers.ts';
import { usePlot } from './use-plot.ts';

export interface ChartViewProps {
  readonly title: string;
  readonly data: ChartData;
  /** Series that are always there, from the bottom up. */
  readonly order: readonly string[];
  readonly nameOf: (name: string) => string;
  readonly format: MeasureFormat;
  readonly isStacked: boolean;
  /** The span ends with the data. */
  readonly isTrimmed: boolean;
  readonly zone: string;
  readonly bands: readonly Band[];
  readonly markers: readonly Marker[];
}

const NO_NAMES: readonly string[] = [];

export function ChartView(props: ChartViewProps) {
  const { title, data, order, nameOf, format, isStacked, isTrimmed, zone, markers } = props;
  const [hidden, setHidden] = useState(NO_NAMES);
  const [at, setAt] = useState<number | null>(null);
  const points = useMemo(() => pointsOf(data, order, isTrimmed), [data, order, isTrimmed]);
  const styles = useMemo(() => points.series.map(({ name }, place) => styleOf(name, place)), [points]);
  const input = usePlotInput(props, points, styles, hidden);
  const shownAt = at !== null && at < points.times.length ? at : null;
  const { host, plot } = usePlot(input, setAt, shownAt);
  if (points.watched.every((part) => part === 0)) return <Empty>{text.chart.noData}</Empty>;
  const names = points.series.map(({ name }) => nameOf(name));
  const within = markersWithin(markers, points.from, points.to);
  const valueOf = (series: ChartPoints['series'][number]): string =>
    format.exact(shownAt === null ? wholeOf(series, format) : series.values[shownAt]!);
  return (
    <>
      <PlotCursor
        title={title}
        points={points}
        at={shownAt}
        words={wordsAt(props, points, names)}
        move={(to) => plot.current?.moveTo(to)}
      >
        <div class="plot" ref={host} />
      </PlotCursor>
      <p class="axis-note">
        <span>{text.chart.zone(zoneName(zone))}</span>
        <span>
          {shownAt === null
            ? text.chart.per(spanInWords(data.step))
            : timeRange(points.times[shownAt]! * 1000, points.ends[shownAt]! * 1000, zone)}
        </span>
      </p>
      <Legend
        title={title}
        entries={points.series.map((series, place) => ({
          key: series.name,
          name: names[place]!,
          style: styles[place]!,
          isShown: !hidden.includes(series.name),
          value: valueOf(series),
        }))}
        isStacked={isStacked}
        hasGaps={points.gaps.length > 0}
        hasParts={points.parts.length > 0}
        markers={MARKER_KINDS.filter((kind) => within.some((one) => one.kind === kind))}
        toggle={(name) => {
          setHidden((before) => (before.includes(name) ? before.filter((one) => one !== name) : [...before, name]));
        }}
      />
      <ChartTable
        title={title}
        points={points}
        names={names}
        format={format}
        step={data.step}
        zone={zone}
        markers={within}
      />
    </>
  );
}

/** The same object until something is to be drawn otherwise. */
function usePlotInput(
  { isStacked, format, zone, bands, markers }: ChartViewProps,
  points: ChartPoints,
  styles: readonly SeriesStyle[],
  hidden: readonly string[],
): PlotInput {
  return useMemo(
    () => ({
      points,
      styles,
      isShown: points.series.map(({ name }) => !hidden.includes(name)),
      isStacked,
      format: format.short,
      isWhole: format.isWhole,
      zone,
      bands,
      markers,
      notWatched: text.chart.notWatchedShort,
    }),
    [points, styles, hidden, isStacked, format, zone, bands, markers],
  );
}

/** The value of the whole span: the sum, or the largest. */
function wholeOf({ values, total }: ChartPoints['series'][number], { isSum }: MeasureFormat): number | null {
  if (isSum) return total;
  return values.reduce<number | null>((most, value) => (value === null ? most : Math.max(most ?? 0, value)), null);
}

/** The values of a point in words, for a screen reader. */
function wordsAt(
  { format, zone, markers }: ChartViewProps,
  { times, ends, series, watched }: ChartPoints,
  names: readonly string[],
): (at: number) => string {
  return (at) => {
    const when = `${timeRange(times[at]! * 1000, ends[at]! * 1000, zone)} ${zoneName(zone)}`;
    const changes = markersWithin(markers, times[at]!, ends[at]!).map(({ name }) => name);
    const values =
      watched[at] === 0
        ? [text.chart.notWatched]
        : series.map((one, place) => `${names[place]!} ${format.exact(one.values[at]!)}`);
    return `${when}: ${[...values, ...changes].join(', ')}`;
  };
}
