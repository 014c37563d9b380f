/**
 * A chart's points as CSV (RFC 4180): a row for each point with its beginning by the clocks of the zone, the part of it
 * that was watched, and a column for each series. A value is empty where nothing was watched, which is not 0.
 */
import { LARGEST_SMALL_GROUP, SMALLEST_GROUP } from '../../core/small-group.ts';
import { sheetField } from '../../output/table/sheet-field.ts';
import type { ZoneClock } from '../zone-clock.ts';
import { type ChartData, type ChartQuery, type Measure } from './chart-query.ts';

const END_OF_LINE = '\r\n';

export function chartCsv({ times, watched, series }: ChartData, { measure, by }: ChartQuery, clock: ZoneClock): string {
  const names = series.map(({ name }) => (by === undefined ? measure : name));
  const rows = times.map((time, at) => [
    clock.isoTime(time),
    clock.zone,
    String(watched[at]!),
    ...series.map(({ values }) => written(values[at]!, measure)),
  ]);
  return [['from', 'zone', 'watched', ...names.map(sheetField)], ...rows]
    .map((row) => row.join(',') + END_OF_LINE)
    .join('');
}

function written(value: number | null, measure: Measure): string {
  if (value === null) return '';
  return measure === 'clients' && value === LARGEST_SMALL_GROUP ? `<${SMALLEST_GROUP}` : String(value);
}
