/** Distinct clients of a chart's points: the sketches of its intervals, places and actions are merged. */
import { coarseClients } from '../../core/small-group.ts';
import { ClientSketch, SKETCH_ERROR } from '../client-sketch.ts';
import { HIT_CLIENTS } from '../roll-up.ts';
import type { HistoryDatabase } from '../store/database.ts';
import { isOfPlace } from './chart-cells.ts';
import type { ChartQuery } from './chart-query.ts';
import { ALL, allOf, filterPart, placePart, type QueryPart } from './query-part.ts';

export interface PointClients {
  /** By name: by point, its clients; and those of the whole span. */
  readonly series: ReadonlyMap<string, { readonly points: ReadonlyMap<number, number>; readonly total: number }>;
  /** Standard error; 0 if all are exact. */
  readonly error: number;
}

interface Sketches {
  readonly points: Map<number, ClientSketch>;
  readonly total: ClientSketch;
}

export function readClients(
  database: HistoryDatabase,
  query: ChartQuery,
  where: QueryPart,
  pointAt: (time: number) => number,
): PointClients {
  const { by } = query;
  const name = by === undefined ? "''" : isOfPlace(by) ? `(SELECT ${by} FROM place WHERE id = clients.place)` : by;
  // Those that were hit are among those of an action.
  const ofActions = query.action === undefined ? { sql: 'action <> ?', values: [HIT_CLIENTS] } : ALL;
  const filter = allOf(where, placePart(query), filterPart(query, ['action']), ofActions);
  const rows = database
    .prepare(`SELECT time, ${name}, sketch FROM clients WHERE ${filter.sql} ORDER BY time`)
    .raw()
    .all(...filter.values) as [number, string, Uint8Array][];
  const series = new Map<string, Sketches>();
  for (const [time, one, bytes] of rows) {
    let sketches = series.get(one);
    if (sketches === undefined) series.set(one, (sketches = { points: new Map(), total: new ClientSketch() }));
    const point = pointAt(time);
    let sketch = sketches.points.get(point);
    if (sketch === undefined) sketches.points.set(point, (sketch = new ClientSketch()));
    sketch.mergeBytes(bytes);
  }
  let isExact = true;
  for (const { points, total } of series.values()) {
    for (const sketch of points.values()) total.merge(sketch);
    isExact &&= total.isExact;
  }
  return {
    series: new Map([...series].map(([one, sketches]) => [one, countsOf(sketches)])),
    error: isExact ? 0 : SKETCH_ERROR,
  };
}

function countsOf({ points, total }: Sketches): { points: Map<number, number>; total: number } {
  return {
    points: new Map([...points].map(([time, { size }]) => [time, coarseClients(size)])),
    total: coarseClients(total.size),
  };
}
