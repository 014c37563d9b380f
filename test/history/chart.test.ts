/** Charts beside their slow twin, on random minutes: every measure, split and filter, in zones of every kind. */
import { describe, expect, it } from 'vitest';
import { wanted } from '../../src/core/wanted-value.ts';
import { SKETCH_ERROR } from '../../src/history/client-sketch.ts';
import { type ChartQuery, chartQuery, MEASURES, splitsOf } from '../../src/history/query/chart-query.ts';
import { readChart } from '../../src/history/query/chart.ts';
import { MOST_POINTS } from '../../src/history/query/chart-query.ts';
import { HistoryStore } from '../../src/history/store/history-store.ts';
import { IN_MEMORY } from '../../src/history/store/in-memory.ts';
import { FOREVER } from '../../src/history/store/retention.ts';
import { ZoneClock } from '../../src/history/zone-clock.ts';
import { SeededRandom } from '../kit/random.mjs';
import { ChartTwin, type TwinMinute } from './chart-twin.ts';
import { ACTIONS, clientsRow, PLACE, randomMinute, RETENTION } from './sample-minutes.ts';

/** With and without changes of the clocks, east and west, at half and quarter hours, at midnight. */
const ZONES = ['UTC', 'Asia/Karachi', 'Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu', 'Africa/Cairo'];
const PLACES = [PLACE, { site: 'lahore', isp: 'isp-b', link: 'east' }];
/** 2025-10-20 to 2026-11-09: both changes of the clocks, twice. */
const FROM_S = 1_760_918_400;
const DAYS = 385;
const HOUR_S = 3600;
const DAY_S = 86_400;
const LENGTHS = [300, HOUR_S, 7 * HOUR_S, DAY_S, 2 * DAY_S, 5 * DAY_S, 12 * DAY_S, 17 * DAY_S];
/** The twin counts every minute of these. */
const LONG_LENGTHS = [40 * DAY_S, 376 * DAY_S];
/** Five standard errors. */
const TOLERANCE = 5 * SKETCH_ERROR;

/** Bursts of minutes, of which some come in parts and out of order. */
function randomMinutes(random: SeededRandom, zone: string): TwinMinute[] {
  const clock = new ZoneClock(zone);
  const minutes: TwinMinute[] = [];
  for (let burst = 0; burst < 40; burst++) {
    let time = FROM_S + random.below(DAYS * 1440) * 60;
    for (let i = random.between(1, 40); i > 0; i--) {
      time += random.pick([0, 60, 60, 60, 120, 600, -60]);
      const place = random.pick(PLACES);
      const clients = Object.fromEntries(
        ACTIONS.filter(() => random.chance(0.6)).map((action) => [
          action,
          Array.from({ length: random.pick([0, 1, 3, 20, 60, 300]) }, () => random.below(2000)),
        ]),
      );
      const rows = Object.entries(clients).map(([action, ids]) => clientsRow(action, ids));
      minutes.push({ minute: { ...randomMinute(random, time, { place, clock }), clients: rows }, clients });
    }
  }
  return minutes;
}

function storeOf(minutes: readonly TwinMinute[], zone: string): HistoryStore {
  const store = new HistoryStore({ path: IN_MEMORY, zone, retention: FOREVER });
  store.write({ session: 'test', number: 1, minutes: minutes.map(({ minute }) => minute), changes: [] });
  return store;
}

function randomQuery(
  random: SeededRandom,
  minutes: readonly TwinMinute[],
  isLong: boolean,
): ChartQuery & { from: number; to: number } {
  const measure = random.pick(MEASURES);
  const splits = splitsOf(measure);
  const { minute } = random.pick(minutes);
  const length = random.pick(isLong ? LONG_LENGTHS : LENGTHS);
  const from = minute.minuteS - random.below(length);
  const filters = splits.flatMap((name) => {
    if (!random.chance(0.15)) return [];
    const [{ key } = { key: {} }] = minute.series;
    const row: Readonly<Record<string, string | number | undefined>> = { ...minute.place, ...minute.harm[0], ...key };
    return [[name, [row[name] ?? 'other', random.pick(['block', 'source', 'none'])].join(',')]];
  });
  const by = random.chance(0.6) ? random.pick(splits) : undefined;
  return { measure, ...(by && { by }), from, to: from + length, ...Object.fromEntries(filters) } as ReturnType<
    typeof randomQuery
  >;
}

describe('a chart', () => {
  it.each(ZONES)('is what its slow twin counts, in %s', (zone) => {
    const random = new SeededRandom(ZONES.indexOf(zone) + 100);
    const minutes = randomMinutes(random, zone);
    const store = storeOf(minutes, zone);
    const twin = new ChartTwin(minutes, zone);
    const levels = new Set<string>();
    for (let i = 0; i < 50; i++) {
      const query = randomQuery(random, minutes, i % 12 === 0);
      const chart = store.read((history) => readChart(history, query));
      const expected = twin.read(query);
      const context = JSON.stringify({ i, query });
      levels.add(chart.level);
      expect(chart.times.length, context).toBeLessThanOrEqual(MOST_POINTS);
      expect(chart.level, context).toBe(expected.level);
      expect(chart.times, context).toEqual(expected.times);
      expect(chart.watched, context).toEqual(expected.watched);
      expect(
        chart.series.map(({ name }) => name),
        context,
      ).toEqual(Object.keys(expected.series).sort());
      for (const { name, values, total } of chart.series) {
        const other = expected.series[name]!;
        if (chart.error === 0) expect({ values, total }, context).toEqual(other);
        else expectNear([...values, total], [...other.values, other.total], context);
      }
    }
    expect([...levels].sort()).toEqual(['day', 'hour', 'minute']);
    store.close();
  });

  it('has at most as many points as its query allows, and then the same total', () => {
    const random = new SeededRandom(180);
    const minutes = randomMinutes(random, 'Asia/Karachi');
    const store = storeOf(minutes, 'Asia/Karachi');
    const read = (points?: number) =>
      store.read((history) =>
        readChart(history, { measure: 'decisions', by: 'action', ...(points !== undefined && { points }) }),
      );
    const few = read(20);
    expect(few.times.length).toBeLessThanOrEqual(20);
    expect(few.times.length).toBeLessThan(read().times.length);
    expect(few.series.map(({ name, total }) => [name, total])).toEqual(
      read().series.map(({ name, total }) => [name, total]),
    );
    store.close();
  });

  it('has no points without data, and says which filters do not apply', () => {
    const store = storeOf([], 'UTC');
    const chart = store.read((history) =>
      readChart(history, { measure: 'clients', protocol: 'ipsec', action: 'block' }),
    );
    expect(chart).toMatchObject({ times: [], series: [], ignored: ['protocol'] });
    store.close();
  });

  it('refuses a split that its measure does not have, and a span that ends before it begins', () => {
    const problem = (query: object): string => chartQuery.safeParse(query).error!.issues[0]!.message;
    expect(problem({ measure: 'clients', by: 'protocol' })).toBe(
      'must be one of site, isp, link, action for this measure',
    );
    expect(problem({ measure: 'flows', from: '5', to: '5' })).toBe(wanted('value-after', 'from'));
    expect(chartQuery.parse({ measure: 'harm', by: 'outcome', from: '1', to: '2' })).toMatchObject({ from: 1, to: 2 });
  });
});

describe('the span of a chart that names none', () => {
  const minutesAt = (...times: readonly number[]): TwinMinute[] =>
    times.map((time) => {
      const minute = randomMinute(new SeededRandom(1), time);
      return { minute: { ...minute, coverage: { ...minute.coverage, packets: 10_000 } }, clients: {} };
    });
  const spanOf = (minutes: readonly TwinMinute[], query: Partial<ChartQuery> = {}): [number, number] => {
    const store = storeOf(minutes, 'UTC');
    const { from, to } = store.read((history) => readChart(history, { measure: 'packets', ...query }));
    store.close();
    return [from, to];
  };
  const few = (time: number): TwinMinute => {
    const [{ minute }] = minutesAt(time) as [TwinMinute];
    return { minute: { ...minute, coverage: { ...minute.coverage, packets: 40 } }, clients: {} };
  };

  it('leaves out a few packets that are dated decades away', () => {
    const real = [FROM_S, FROM_S + 60, FROM_S + 600];
    const minutes = [few(0), ...minutesAt(...real), few(9_007_199_200)];
    expect(spanOf(minutes)).toEqual([FROM_S, FROM_S + 660]);
  });

  it('is all days of a long history', () => {
    const days = Array.from({ length: 30 }, (_, day) => FROM_S + day * DAY_S + 7200);
    expect(spanOf(minutesAt(...days))).toEqual([FROM_S, FROM_S + 30 * DAY_S]);
  });

  it('keeps the end that is named', () => {
    const minutes = minutesAt(FROM_S, FROM_S + 600);
    expect(spanOf(minutes, { from: FROM_S - 100 })).toEqual([FROM_S - 100, FROM_S + 660]);
    expect(spanOf(minutes, { to: FROM_S + 5000 })).toEqual([FROM_S, FROM_S + 5000]);
    expect(spanOf(minutes, { from: FROM_S + 9000 })[1]).toBeGreaterThan(FROM_S + 9000);
  });
});

describe('the level of a chart', () => {
  it('is the next one where minutes have been removed, and the finer one where none were', () => {
    const store = new HistoryStore({ path: IN_MEMORY, zone: 'UTC', retention: RETENTION });
    const minute = (time: number) => randomMinute(new SeededRandom(1), time);
    const old = [FROM_S, FROM_S + 60];
    const later = Array.from({ length: 20 }, (_, i) => FROM_S + 9 * DAY_S + i * 60);
    const minutes = [...old, ...later].map(minute);
    for (const [at, one] of minutes.entries())
      store.write({ session: 'test', number: at + 1, minutes: [one], changes: [] });
    const levelOf = (from: number, to: number): string =>
      store.read((history) => readChart(history, { measure: 'watched', from, to })).level;
    expect(levelOf(FROM_S, FROM_S + HOUR_S)).toBe('hour');
    expect(levelOf(FROM_S + 60, FROM_S + 660)).toBe('hour');
    expect(levelOf(FROM_S + 8 * DAY_S, FROM_S + 10 * DAY_S)).toBe('minute');
    store.close();
  });
});

function expectNear(values: readonly (number | null)[], expected: readonly (number | null)[], context: string): void {
  for (const [at, value] of values.entries()) {
    const other = expected[at] ?? null;
    if (other === null || value === null) expect(value, context).toBe(other);
    else
      expect(Math.abs(value - other), `${context} ${value} ${other}`).toBeLessThanOrEqual(Math.ceil(TOLERANCE * other));
  }
}
