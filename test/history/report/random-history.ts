/** Histories in memory with random minutes, and the slow sums of what was put in. */
import { ClientSketch } from '../../../src/history/client-sketch.ts';
import type { Change, Minute, SeriesKey, SeriesRow } from '../../../src/history/roll-up.ts';
import { type HistoryDatabase, openDatabase } from '../../../src/history/store/database.ts';
import { MinuteWriter } from '../../../src/history/store/minute-writer.ts';
import { FOREVER } from '../../../src/history/store/retention.ts';
import { ZoneClock } from '../../../src/history/zone-clock.ts';
import type { SeededRandom } from '../../kit/random.mjs';

export const NO_COVERAGE = {
  seconds: 60,
  packets: 0,
  bytes: 0,
  lost_packets: 0,
  undecoded_packets: 0,
  lost_lines: 0,
  lag_us: 0,
  active_flows: 0,
};

export function historyOf(minutes: readonly Minute[], changes: readonly Change[] = []): HistoryDatabase {
  const database = openDatabase(':memory:');
  new MinuteWriter(database, FOREVER, new ZoneClock('UTC')).write({ session: 'test', number: 1, minutes, changes });
  return database;
}

export interface MinuteParts {
  readonly timeS: number;
  readonly series?: readonly SeriesRow[];
  readonly coverage?: Partial<Minute['coverage']>;
  /** Numbers of clients by action. */
  readonly clients?: Readonly<Record<string, readonly number[]>>;
  readonly harm?: Minute['harm'];
  readonly place?: Partial<Minute['place']>;
}

export function minuteOf(
  { timeS, series = [], coverage = {}, clients = {}, harm = [], place = {} }: MinuteParts,
  clock: ZoneClock,
): Minute {
  const minuteS = timeS - (timeS % 60);
  return {
    place: { site: '', isp: '', link: '', ...place },
    minuteS,
    hourS: clock.hourStart(minuteS),
    dayS: clock.dayStart(minuteS),
    series,
    coverage: { ...NO_COVERAGE, ...coverage },
    clients: Object.entries(clients).map(([action, numbers]) => ({ action, sketch: sketchOf(numbers) })),
    harm,
  };
}

export const KEY: SeriesKey = {
  protocol: 'wireguard',
  stage: 'confirmed',
  action: 'allow',
  rule: '',
  registered: 'none',
  sector: '',
  mode: 'observe',
};

/** A row with these counts; all others are 0. */
export function seriesRow(key: Partial<SeriesKey>, flows: number, packets = 0, delayed = 0, dropped = 0): SeriesRow {
  return {
    key: { ...KEY, ...key },
    counts: [flows, flows, packets, packets * 100, delayed, delayed * 100, dropped, dropped * 100],
  };
}

const PROTOCOLS = ['wireguard', 'openvpn', 'ipsec'];
const STAGES = ['suspected', 'confirmed'];
const SECTORS = ['', 'bank', 'mission', 'university'];
const RULES = { allow: ['', 'registered'], throttle: ['slow'], block: ['unregistered', 'all'] } as const;

/** A key with each of its values from a short list. */
export function randomKey(random: SeededRandom): SeriesKey {
  const action = random.pick(['allow', 'throttle', 'block'] as const);
  const sector = random.pick(SECTORS);
  return {
    protocol: random.pick(PROTOCOLS),
    stage: random.pick(STAGES),
    action,
    rule: random.pick<string>(RULES[action]),
    registered: sector === '' ? 'none' : 'source',
    sector,
    mode: 'enforce',
  };
}

function sketchOf(numbers: readonly number[]): Uint8Array {
  const sketch = new ClientSketch();
  for (const number of numbers)
    sketch.add(Math.imul(number + 1, 0x9e3779b1) >>> 0, Math.imul(number + 7, 0x85ebca6b) >>> 0);
  return sketch.toBytes();
}
