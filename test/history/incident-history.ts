/** A history in which incidents are detected, for tests: minutes and changes at seconds after START. */
import { createHash } from 'node:crypto';
import { ClientSketch } from '../../src/history/client-sketch.ts';
import { readIncidents, type ShownIncident } from '../../src/history/query/incident-list.ts';
import type { Change, Coverage, Minute, SeriesKey } from '../../src/history/roll-up.ts';
import { type HistoryDatabase, openDatabase } from '../../src/history/store/database.ts';
import { IN_MEMORY } from '../../src/history/store/in-memory.ts';
import { MinuteWriter } from '../../src/history/store/minute-writer.ts';
import { FOREVER } from '../../src/history/store/retention.ts';
import { ZoneClock } from '../../src/history/zone-clock.ts';

const PLACE = { site: 'north', isp: 'example', link: 'uplink' };
export const HOUR = 3600;
export const DAY = 24 * HOUR;
export const WEEK = 7 * DAY;
/** A Sunday, 18:00 in Karachi. */
export const START = Date.UTC(2024, 10, 10, 13) / 1000;

/** A history in memory, which is given minutes and changes. */
export class History {
  readonly database: HistoryDatabase = openDatabase(IN_MEMORY);
  readonly clock: ZoneClock;
  private writer: MinuteWriter;
  private batches = 0;

  constructor(zone = 'Asia/Karachi', lossBound?: number) {
    this.clock = new ZoneClock(zone);
    this.writer = new MinuteWriter(this.database, FOREVER, this.clock, lossBound);
  }

  /** Another run of the daemon on the same history. */
  restart(): void {
    this.writer = new MinuteWriter(this.database, FOREVER, this.clock);
  }

  minute(
    timeS: number,
    { clients = [], harm = [], series = [], ...coverage }: Partial<Coverage> & MinuteParts = {},
  ): void {
    const sketch = new ClientSketch();
    for (const client of clients) {
      const hash = createHash('sha256').update(String(client)).digest();
      sketch.add(hash.readUInt32BE(0), hash.readUInt32BE(4));
    }
    const minute: Minute = {
      place: PLACE,
      minuteS: timeS,
      hourS: this.clock.hourStart(timeS),
      dayS: this.clock.dayStart(timeS),
      series: series.map(({ decisions = 1, ...key }) => ({
        key: { ...SERIES, ...key },
        counts: [0, decisions, 0, 0, 0, 0, 0, 0],
      })),
      coverage: { ...QUIET, ...coverage },
      clients: clients.length === 0 ? [] : [{ action: 'allow', sketch: sketch.toBytes() }],
      harm,
    };
    this.write([minute], []);
  }

  private write(minutes: readonly Minute[], changes: readonly Change[]): void {
    this.writer.write({ session: 'one', number: ++this.batches, minutes, changes });
  }

  change(kind: string, timeS: number, fields: Change['fields']): void {
    this.write([], [{ timeUs: timeS * 1e6, place: PLACE, kind, fields }]);
  }

  incidents(): ShownIncident[] {
    return readIncidents(this.database, {}).incidents.toReversed();
  }
}

interface MinuteParts {
  readonly clients?: readonly number[];
  readonly harm?: Minute['harm'];
  readonly series?: readonly (Partial<SeriesKey> & { readonly decisions?: number })[];
}

const SERIES: SeriesKey = {
  protocol: 'wireguard',
  stage: 'confirmed',
  action: 'allow',
  rule: '',
  registered: 'none',
  sector: '',
  mode: 'enforce',
};

const QUIET: Coverage = {
  seconds: 60,
  packets: 1000,
  bytes: 100_000,
  lost_packets: 0,
  undecoded_packets: 0,
  lost_lines: 0,
  lag_us: 0,
  active_flows: 0,
};

/** When an incident began and ended, seconds after START; null while it lasts. */
export function span({ from_ms: from, to_ms: to }: ShownIncident): readonly [number, number | null] {
  return [from / 1000 - START, to === null ? null : to / 1000 - START];
}

/** Fields of a trip, and its numbers. */
export const TRIP = {
  state: 'tripped',
  mode: 'enforce',
  then: 'observe',
  cause: 'clients',
  limit: '60s: 500 clients',
  rule: 'cut',
};
export const NUMBERS = { clients_affected: 501, clients_seen: 900, clients_allowed: 500 };
