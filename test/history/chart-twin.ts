/** A slow, obvious chart: minutes in an array, clients in sets, and times by Intl alone. */
import type { ChartQuery, Split } from '../../src/history/query/chart-query.ts';
import { type Minute, type Place, SERIES_COUNTS, type SeriesCount, type SeriesKey } from '../../src/history/roll-up.ts';

/** A minute with the clients that its sketches were made of. */
export interface TwinMinute {
  readonly minute: Minute;
  readonly clients: Readonly<Record<string, readonly number[]>>;
}

export interface TwinChart {
  readonly level: string;
  readonly times: readonly number[];
  readonly watched: readonly number[];
  readonly series: Readonly<Record<string, { readonly values: readonly (number | null)[]; readonly total: number }>>;
}

/** The units of points, from the shortest: the level, seconds by which a span is measured, and the key of a time. */
const UNITS: readonly (readonly [level: string, seconds: number, key: (local: Date, offset: number) => string])[] = [
  ...[1, 2, 5, 10, 15, 30].map((minutes) => block('minute', minutes)),
  ...[1, 2, 3, 6, 12].map((hours) => block('hour', hours * 60)),
  ['day', 86_400, (local) => dateOf(local)],
  ['day', 7 * 86_400, (local) => dateOf(new Date(local.getTime() - ((local.getUTCDay() + 6) % 7) * 86_400_000))],
  ['day', 2_629_800, (local) => dateOf(local).slice(0, 7)],
  ['day', 31_557_600, (local) => dateOf(local).slice(0, 4)],
];

function dateOf(local: Date): string {
  return local.toISOString().slice(0, 10);
}

/** An hour that the clocks show twice counts twice, unless a point is longer. */
function block(level: string, minutes: number): (typeof UNITS)[number] {
  return [
    level,
    minutes * 60,
    (local, offset) => {
      const ofDay = local.getUTCHours() * 60 + local.getUTCMinutes();
      return `${dateOf(local)} ${Math.floor(ofDay / minutes)} ${minutes > 60 ? '' : offset}`;
    },
  ];
}

export class ChartTwin {
  private readonly minutes: readonly TwinMinute[];
  private readonly format: Intl.DateTimeFormat;
  private readonly offsets = new Map<number, number>();

  constructor(minutes: readonly TwinMinute[], zone: string) {
    this.minutes = minutes;
    this.format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
  }

  /** Seconds east of UTC, by the name of the offset. */
  private offsetAt(timeS: number): number {
    const quarter = Math.floor(timeS / 900);
    let offset = this.offsets.get(quarter);
    if (offset === undefined) {
      const name = this.format.formatToParts(timeS * 1000).find(({ type }) => type === 'timeZoneName')!.value;
      const [, sign, hours, minutes] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(name)!;
      offset = (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60);
      this.offsets.set(quarter, offset);
    }
    return offset;
  }

  read(query: ChartQuery & { from: number; to: number }): TwinChart {
    const { from, to, measure } = query;
    const [level, , key] = UNITS.find(([, seconds]) => (to - from) / seconds <= 748)!;
    const keyAt = (timeS: number): string => {
      const offset = this.offsetAt(timeS);
      return key(new Date((timeS + offset) * 1000), offset);
    };
    // Whole points: as far as the key of either end.
    let first = Math.floor(from / 60) * 60;
    while (keyAt(first - 60) === keyAt(first)) first -= 60;
    let end = Math.ceil(to / 60) * 60;
    while (keyAt(end) === keyAt(end - 60)) end += 60;
    const times: number[] = [];
    const pointOf = new Map<number, number>();
    let last = '';
    for (let time = first; time < end; time += 60) {
      const one = keyAt(time);
      if (one !== last) times.push(time);
      last = one;
      pointOf.set(time, times.length - 1);
    }
    const used = this.minutes.filter(
      ({ minute: { minuteS, place } }) =>
        minuteS >= first && minuteS < end && isChosen(query, place, ['site', 'isp', 'link']),
    );
    const places = new Set(used.map(({ minute: { place } }) => placeKey(place))).size;
    const seconds = times.map(() => 0);
    for (const { minute } of used) seconds[pointOf.get(minute.minuteS)!]! += minute.coverage.seconds;
    const watched = times.map((time, at) => {
      const part = seconds[at]! / (((times[at + 1] ?? end) - time) * Math.max(1, places));
      return part === 0 ? 0 : Math.max(0.001, Math.round(Math.min(1, part) * 1000) / 1000);
    });
    const empty = seconds.map((one) => (one > 0 ? 0 : null));
    const points = used.map((one) => ({ ...one, at: pointOf.get(one.minute.minuteS)! }));
    if (measure === 'clients') return { level, times, watched, series: clientsOf(points, query, empty) };
    if (measure === 'lag' || measure === 'active')
      return { level, times, watched, series: this.largestOf(points, query, empty, level) };
    const series: Record<string, { values: (number | null)[]; total: number }> = {};
    for (const { minute, at } of points)
      for (const [name, value] of valuesOf(minute, query)) {
        series[name] ??= { values: [...empty], total: 0 };
        series[name].values[at]! += value;
        series[name].total += value;
      }
    if (Object.keys(series).length === 0) series[''] = { values: empty, total: 0 };
    return { level, times, watched, series };
  }

  /** The largest of each place in an interval of the level; active flows of places add up. */
  private largestOf(
    points: readonly (TwinMinute & { readonly at: number })[],
    { measure, by }: ChartQuery,
    empty: readonly (number | null)[],
    level: string,
  ): TwinChart['series'] {
    const largest = new Map<string, { value: number; at: number; interval: string; name: string }>();
    for (const { minute, at } of points) {
      const local = new Date((minute.minuteS + this.offsetAt(minute.minuteS)) * 1000).toISOString();
      const interval =
        level === 'minute' ? String(minute.minuteS) : level === 'hour' ? String(minute.hourS) : local.slice(0, 10);
      const name = nameOf(by, minute);
      const id = `${interval} ${placeKey(minute.place)}`;
      const value = measure === 'lag' ? minute.coverage.lag_us / 1e6 : minute.coverage.active_flows;
      largest.set(id, { value: Math.max(value, largest.get(id)?.value ?? 0), at, interval, name });
    }
    const joined = new Map<string, { value: number; at: number; name: string }>();
    for (const { value, at, interval, name } of largest.values()) {
      const before = joined.get(`${interval} ${name}`)?.value ?? 0;
      joined.set(`${interval} ${name}`, {
        value: measure === 'lag' ? Math.max(before, value) : before + value,
        at,
        name,
      });
    }
    const series: Record<string, { values: (number | null)[]; total: number }> = {};
    for (const { value, at, name } of joined.values()) {
      series[name] ??= { values: [...empty], total: 0 };
      series[name].values[at] = Math.max(series[name].values[at]!, value);
      series[name].total = Math.max(series[name].total, value);
    }
    return Object.keys(series).length === 0 ? { '': { values: empty, total: 0 } } : series;
  }
}

function clientsOf(
  points: readonly (TwinMinute & { readonly at: number })[],
  query: ChartQuery,
  empty: readonly (number | null)[],
): TwinChart['series'] {
  const sets = new Map<string, Set<number>>();
  const add = (key: string, ids: readonly number[]): void => {
    const set = sets.get(key) ?? new Set();
    sets.set(key, set);
    for (const id of ids) set.add(id);
  };
  const names = new Set<string>();
  for (const { clients, minute, at } of points)
    for (const [action, ids] of Object.entries(clients)) {
      if (query.action !== undefined && !query.action.split(',').includes(action)) continue;
      const name = query.by === 'action' ? action : nameOf(query.by, minute);
      names.add(name);
      add(`${at} ${name}`, ids);
      add(`all ${name}`, ids);
    }
  const sizeOf = (key: string): number => {
    const size = sets.get(key)?.size ?? 0;
    return size === 0 ? 0 : Math.max(size, 4);
  };
  if (names.size === 0) return { '': { values: empty, total: 0 } };
  return Object.fromEntries(
    [...names].map((name) => {
      const values = empty.map((none, at) => (none === null ? null : sizeOf(`${at} ${name}`)));
      return [name, { values, total: sizeOf(`all ${name}`) }];
    }),
  );
}

/** The values of a minute by the name of the split. */
function valuesOf(minute: Minute, query: ChartQuery): (readonly [name: string, value: number])[] {
  const { measure, by } = query;
  const { coverage, place } = minute;
  if (measure === 'harm')
    return minute.harm
      .filter(
        (row) =>
          (by === 'kind' || query.kind !== undefined || row.kind === 'in_force') &&
          isChosen(query, row, ['kind', 'outcome']),
      )
      .map((row) => [by === 'kind' || by === 'outcome' ? row[by] : nameOf(by, minute), row.count]);
  const ofPlace = {
    watched: 'packets',
    watched_bytes: 'bytes',
    lost: 'lost_packets',
    undecoded: 'undecoded_packets',
    lost_lines: 'lost_lines',
  } as const;
  if (measure in ofPlace) return [[nameOf(by, minute), coverage[ofPlace[measure as keyof typeof ofPlace]]]];
  return minute.series
    .filter(({ key }) => isChosen(query, key, ['protocol', 'stage', 'action', 'rule', 'registered', 'sector', 'mode']))
    .map(({ key, counts }) => {
      const count = (name: SeriesCount): number => counts[SERIES_COUNTS.indexOf(name)]!;
      const values: Record<string, number> = {
        flows: count('flows'),
        decisions: count('decisions'),
        packets: count('packets'),
        bytes: count('bytes'),
        delayed: count('delayed_packets'),
        dropped: count('dropped_packets'),
        forwarded: count('packets') - count('delayed_packets') - count('dropped_packets'),
        delayed_bytes: count('delayed_bytes'),
        dropped_bytes: count('dropped_bytes'),
        forwarded_bytes: count('bytes') - count('delayed_bytes') - count('dropped_bytes'),
      };
      return [by !== undefined && by in key ? key[by as keyof SeriesKey] : nameOf(by, { place }), values[measure]!];
    });
}

function nameOf(by: Split | undefined, { place }: Pick<Minute, 'place'>): string {
  return by === 'site' || by === 'isp' || by === 'link' ? place[by] : '';
}

function isChosen(query: ChartQuery, row: object, names: readonly Split[]): boolean {
  return names.every((name) => query[name]?.split(',').includes((row as Record<string, string>)[name]!) ?? true);
}

function placeKey({ site, isp, link }: Place): string {
  return `${site}/${isp}/${link}`;
}
