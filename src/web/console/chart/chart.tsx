/** A chart over time, with its table. */
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { ChartData } from '../../../history/query/chart-query.ts';
import { getJson } from '../live/api.ts';
import { text } from '../text/catalogue.ts';

const HEIGHT = 220;

export function Chart({ title, query, zone }: { title: string; query: Record<string, string>; zone: string }) {
  const address = `/chart?${new URLSearchParams(query).toString()}`;
  const [data, setData] = useState<ChartData | null>(null);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const ending = new AbortController();
    getJson<ChartData>(address, ending.signal).then(setData, () => undefined);
    return () => {
      ending.abort();
    };
  }, [address]);
  useEffect(() => {
    if (data === null || place.current === null) return;
    const plot = new uPlot(
      {
        width: place.current.clientWidth,
        height: HEIGHT,
        tzDate: (time) => uPlot.tzDate(new Date(time * 1000), zone),
        series: [{}, ...data.series.map(({ name }) => ({ label: name }))],
      },
      [data.times, ...data.series.map(({ values }) => values)],
      place.current,
    );
    return () => {
      plot.destroy();
    };
  }, [data, zone]);
  return (
    <figure>
      <figcaption>{title}</figcaption>
      {data === null ? <p>{text.component.loading}</p> : <div ref={place} />}
    </figure>
  );
}
