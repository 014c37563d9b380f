/** Incidents that are detected in what a history is given, against slow twins and by hand. */
import { sourceProblem } from '../../src/capture/source-problem.ts';
import { describe, expect, it } from 'vitest';
import { createHash } from 'node:crypto';
import { ClientSketch } from '../../src/history/client-sketch.ts';
import { incidentCsv } from '../../src/history/query/incident-csv.ts';
import { readIncident, readIncidents, type ShownIncident } from '../../src/history/query/incident-list.ts';
import type { Change, Coverage, Minute, SeriesKey } from '../../src/history/roll-up.ts';
import { type HistoryDatabase, openDatabase } from '../../src/history/store/database.ts';
import { IN_MEMORY } from '../../src/history/store/in-memory.ts';
import { MinuteWriter } from '../../src/history/store/minute-writer.ts';
import { FOREVER } from '../../src/history/store/retention.ts';
import { ZoneClock } from '../../src/history/zone-clock.ts';
import { SeededRandom } from '../kit/random.mjs';

const PLACE = { site: 'north', isp: 'example', link: 'uplink' };
const HOUR = 3600;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
/** A Sunday, 18:00 in Karachi. */
const START = Date.UTC(2024, 10, 10, 13) / 1000;

class History {
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

function span({ from_ms: from, to_ms: to }: ShownIncident): readonly [number, number | null] {
  return [from / 1000 - START, to === null ? null : to / 1000 - START];
}

describe('demand', () => {
  /** Clients by hour, and the minutes per hour that are watched. */
  interface Hour {
    readonly timeS: number;
    readonly clients: number;
    readonly minutes: number;
  }

  /** The slow twin: every hour against every hour whose local time is the same and some weeks earlier. */
  function aboveUsual(hours: readonly Hour[], clock: ZoneClock): number[] {
    const local = (timeS: number): number => timeS + clock.offsetAt(timeS);
    return hours
      .filter(({ timeS, clients, minutes }) => {
        const before = hours
          .filter((other) => {
            const weeks = (local(timeS) - local(other.timeS)) / WEEK;
            return Number.isInteger(weeks) && weeks >= 1 && weeks <= 8 && other.minutes >= 30;
          })
          .map((other) => other.clients)
          .sort((a, b) => a - b);
        if (before.length < 3 || minutes === 0) return false;
        const half = before.length / 2;
        const median = (before[Math.ceil(half) - 1]! + before[Math.floor(half)]!) / 2;
        return clients > 2 * median && clients > median + 50;
      })
      .map(({ timeS }) => timeS);
  }

  function write(history: History, { timeS, clients, minutes }: Hour): void {
    for (let minute = 0; minute < minutes; minute++) {
      // Each client in some minute; most of them in two.
      const some = Array.from({ length: clients }, (_, client) => client).filter(
        (client) => client % minutes === minute || (client * 7) % minutes === minute,
      );
      history.minute(timeS + minute * 60, { clients: some });
    }
  }

  it('is seen on a day of outage after three usual weeks, from its first hour above the usual to its last, once', () => {
    const history = new History();
    const usual = (hour: number): number => (hour % 24 < 12 ? 40 : 20);
    const outage = 22 * 24;
    for (let hour = 0; hour < 23 * 24; hour++) {
      const isAbove = hour >= outage + 3 && hour < outage + 9;
      const timeS = START + hour * HOUR;
      // Whole hours of three weeks would take a minute of this test's time: an hour is watched for 30 minutes.
      for (let minute = 0; minute < 30; minute++) {
        const clients = Array.from({ length: usual(hour) * (isAbove ? 4.5 : 1) }, (_, client) => client);
        // Decisions of wireguard rise with the clients; those of ipsec and of banks stay as they are.
        const series = [
          { decisions: usual(hour) * (isAbove ? 5 : 1) },
          { protocol: 'ipsec', sector: 'bank', decisions: isAbove ? 60 : 40 },
          ...(isAbove ? [{ protocol: 'ipsec', sector: 'it' }] : []),
        ];
        history.minute(timeS + minute * 60, { series, clients: minute % 10 === 0 ? clients : [] });
      }
    }
    const [demand, ...others] = history.incidents();
    expect(others).toEqual([]);
    expect(demand).toMatchObject({ kind: 'demand', site: 'north', numbers: { median: 40, weeks: 3 } });
    expect(demand!.scope).toEqual({ protocols: ['wireguard'], rules: [], sectors: ['it'] });
    // An estimate: 180 with an error of 3 %.
    expect(Math.abs(demand!.numbers.clients! - 180)).toBeLessThan(15);
    expect(demand!.from_ms / 1000).toBe(START + (outage + 3) * HOUR);
    // Seen last in the 21st minute of its last hour.
    expect(demand!.to_ms! / 1000).toBe(START + (outage + 8) * HOUR + 21 * 60);
  }, 60_000);

  it.each(['Asia/Karachi', 'Europe/Berlin', 'Australia/Lord_Howe'])(
    'is what a slow twin finds in random hours, in %s',
    (zone) => {
      const random = new SeededRandom(zone.length);
      const history = new History(zone);
      // Weeks around a change of clocks. One hour of the week, so that a year fits in.
      const first = history.clock.hourStart(Date.UTC(2025, 8, 1, 9) / 1000);
      const hours: Hour[] = [];
      for (let week = 0; week < 16; week++) {
        const guess = first + week * WEEK;
        const timeS = history.clock.hourStart(guess + history.clock.offsetAt(first) - history.clock.offsetAt(guess));
        const minutes = [0, 10, 30, 45][random.below(4)]!;
        hours.push({ timeS, clients: minutes === 0 ? 0 : [0, 10, 30, 60, 64, 200][random.below(6)]!, minutes });
      }
      for (const hour of hours) write(history, hour);
      const found = history.incidents().map(({ from_ms: from }) => from / 1000);
      // A week lies between two hours, so that each is an incident of its own.
      expect(found).toEqual(aboveUsual(hours, history.clock));
      expect(aboveUsual(hours, history.clock).length).toBeGreaterThan(0);
    },
  );

  it('is not seen where fewer than three weeks are known, nor of few clients', () => {
    const history = new History();
    const hour = (week: number, clients: number): void => {
      write(history, { timeS: START + week * WEEK, clients, minutes: 30 });
    };
    hour(0, 10);
    hour(1, 10);
    hour(2, 500);
    hour(3, 10);
    hour(4, 60);
    expect(history.incidents()).toEqual([]);
    hour(5, 59);
    expect(history.incidents()).toEqual([]);
    hour(6, 400);
    expect(history.incidents()).toHaveLength(1);
  });
});

describe('loss', () => {
  it('is one incident of its minutes above one packet in a thousand, and ends after five without', () => {
    const history = new History();
    const lost = [0, 50, 1, 0, 20, 0, 0, 0, 0, 0, 0, 30, 0];
    for (const [minute, packets] of lost.entries()) history.minute(START + minute * 60, { lost_packets: packets });
    const incidents = history.incidents();
    expect(incidents.map(({ kind }) => kind)).toEqual(['loss', 'loss']);
    expect(incidents.map(span)).toEqual([
      [60, 300],
      [660, null],
    ]);
    expect(incidents[0]!.numbers).toMatchObject({ lost: 70, packets: 2000 });
  });

  it('is none below its bound, of either kind', () => {
    const history = new History();
    history.minute(START, { lost_packets: 9 });
    history.minute(START + 60, { lost_packets: 1000, packets: 1_000_000 });
    expect(history.incidents()).toEqual([]);
  });

  it('has the bound of --loss-bound, and names it', () => {
    const history = new History('UTC', 0.02);
    history.minute(START, { lost_packets: 20, packets: 980 });
    history.minute(START + 60, { lost_packets: 21, packets: 979 });
    const [incident, ...others] = history.incidents();
    expect(others).toEqual([]);
    expect(span(incident!)).toEqual([60, null]);
    expect(incident!.numbers).toMatchObject({ lost: 21, bound: 2 });
  });
});

describe('a registered hit', () => {
  it('is an incident at once, by its change, and has the counts of the minutes that follow', () => {
    const history = new History();
    history.change('hit', START + 30, { rule: 'unregistered', new: 2, total: 2 });
    expect(history.incidents()).toMatchObject([
      { kind: 'hit', to_ms: null, scope: { rules: ['unregistered'] }, numbers: { reported: 2 } },
    ]);
    history.restart();
    history.minute(START, { harm: [{ kind: 'in_force', outcome: 'would', count: 3 }] });
    history.minute(START + 60, { harm: [{ kind: 'other_protocol', outcome: 'would', count: 5 }] });
    for (let minute = 2; minute < 12; minute++) history.minute(START + minute * 60);
    const incidents = history.incidents();
    expect(incidents).toHaveLength(1);
    expect(incidents[0]!.numbers).toEqual({ reported: 2, would: 3 });
    expect(span(incidents[0]!)).toEqual([0, 60]);
  });

  it('names the rules, protocols and sectors of all its changes', () => {
    const history = new History();
    const change = { rule: 'cut', rules: ['slow', 'cut'], protocols: ['ipsec'], sectors: ['bank'], new: 2, total: 2 };
    history.change('hit', START, change);
    history.change('hit', START + 60, { ...change, protocols: ['wireguard'], sectors: ['it', 'bank'] });
    expect(history.incidents().map(({ scope }) => scope)).toEqual([
      { rules: ['cut', 'slow'], protocols: ['ipsec', 'wireguard'], sectors: ['bank', 'it'] },
    ]);
  });
});

const TRIP = {
  state: 'tripped',
  mode: 'enforce',
  then: 'observe',
  cause: 'clients',
  limit: '60s: 500 clients',
  rule: 'cut',
};
const NUMBERS = { clients_affected: 501, clients_seen: 900, clients_allowed: 500 };

describe('a trip of the breaker', () => {
  it('lasts until it is reset, over a restart that keeps it', () => {
    const history = new History();
    history.change('breaker', START, { breaker: { ...TRIP, ...NUMBERS } });
    history.restart();
    history.change('start', START + 100, { tripped: ['observe'] });
    expect(history.incidents()).toMatchObject([
      { kind: 'breaker', subject: 'observe', to_ms: null, scope: { rules: ['cut'] }, numbers: { affected: 501 } },
    ]);
    history.change('breaker', START + 200, { breaker: { state: 'reset', mode: 'enforce' } });
    expect(history.incidents().map(span)).toEqual([[0, 200]]);
    history.change('breaker', START + 300, { breaker: { ...TRIP, ...NUMBERS } });
    expect(history.incidents().map(span)).toEqual([
      [0, 200],
      [300, null],
    ]);
    // A run without the trip: its state was removed.
    history.change('start', START + 400, { tripped: [] });
    expect(history.incidents().map(span)).toEqual([
      [0, 200],
      [300, 400],
    ]);
  });
});

describe('the scope of a trip', () => {
  const cut = { action: 'block', rule: 'cut' } as const;

  it('is of the decisions to throttle or block in its minute, and not of others', () => {
    const history = new History();
    const earlier = [{ action: 'block', rule: 'before', protocol: 'ipsec' }];
    history.minute(START - 60, { series: earlier });
    history.change('breaker', START + 30, { breaker: { ...TRIP, ...NUMBERS } });
    history.change('breaker', START + 40, { breaker: { state: 'reset', mode: 'enforce' } });
    history.minute(START, {
      series: [
        { ...cut, sector: 'bank', registered: 'source' },
        { action: 'throttle', rule: 'slow', protocol: 'openvpn' },
        { action: 'allow', rule: 'registered', protocol: 'ipsec', sector: 'it' },
        { ...cut, protocol: 'ipsec', decisions: 0 },
      ],
    });
    history.minute(START + 60, { series: earlier });
    expect(history.incidents().map(({ scope, to_ms: to }) => ({ ...scope, to }))).toEqual([
      { protocols: ['wireguard', 'openvpn'], rules: ['cut', 'slow'], sectors: ['bank'], to: (START + 40) * 1000 },
    ]);
  });

  it('has 32 rules at most', () => {
    const history = new History();
    history.change('breaker', START, { breaker: { ...TRIP, ...NUMBERS } });
    history.minute(START, { series: Array.from({ length: 500 }, (_, rule) => ({ ...cut, rule: `rule ${rule}` })) });
    expect(history.incidents()[0]!.scope.rules).toHaveLength(32);
  });
});

describe('silence', () => {
  it('lasts while the source has a problem', () => {
    const history = new History();
    history.change('source', START, { state: 'silent', problem: 'mirror0 is down' });
    history.change('source', START + 90, { state: 'back' });
    expect(history.incidents()).toMatchObject([{ kind: 'silence', cause: 'mirror0 is down' }]);
    expect(history.incidents().map(span)).toEqual([[0, 90]]);
  });

  it('has its cause as a code with values, where the daemon tells them and they are texts', () => {
    const history = new History();
    const problem = sourceProblem('interface-down', 'mirror0');
    history.change('source', START, { state: 'silent', ...problem });
    history.change('source', START + 90, { state: 'back' });
    history.change('source', START + 200, { state: 'silent', problem: 'of an earlier version' });
    history.change('source', START + 290, { state: 'back' });
    history.change('source', START + 400, { state: 'silent', problem: 'of a hostile sensor', code: 'x', values: [{}] });
    const coded = { cause: problem.problem, code: 'interface-down', values: ['mirror0'] };
    expect(readIncidents(history.database, {}).incidents).toMatchObject([
      { cause: 'of a hostile sensor', code: null, values: [] },
      { cause: 'of an earlier version', code: null, values: [] },
      coded,
    ]);
    expect(readIncident(history.database, 1)!.incident).toMatchObject(coded);
  });

  it('is the time between two runs of the daemon, unless that is a restart', () => {
    const history = new History();
    history.change('start', START, { after: 'kill', unwatched_from_s: START - 300, unwatched_seconds: 300 });
    history.change('start', START + 50, { after: 'stop', unwatched_from_s: START + 20, unwatched_seconds: 30 });
    expect(history.incidents()).toMatchObject([{ kind: 'silence', subject: 'kill', numbers: { seconds: 300 } }]);
    expect(history.incidents().map(span)).toEqual([[-300, 0]]);
  });
});

describe('rules', () => {
  const figures = (before: number, after: number) => ({
    sha256: 'a',
    reasons: [`${before - after} of ${before} registrations in force would be lost`],
    exceeded: [
      { limit: 'registrations', seen: before - after, allowed: 1, of: before, stage: null, window: null },
      { limit: 'breaker', seen: 2, allowed: 1, of: 3, stage: 'confirmed', window: 60 },
    ],
    figures: {
      registrations: { before, after, lost: before - after },
      lost_by_sector: { bank: before - after },
      hits_by_rule: { cut: 7 },
    },
  });

  it('that were refused are an incident until others are taken', () => {
    const history = new History();
    history.change('reload', START, { reload: { result: 'refused', problems: 0, change: figures(100, 80) } });
    history.change('reload', START + 60, { reload: { result: 'failure', problems: 3, change: null } });
    expect(history.incidents()).toMatchObject([
      {
        kind: 'reload',
        to_ms: null,
        cause: '20 of 100 registrations in force would be lost',
        exceeded: [
          { limit: 'registrations', seen: 20, allowed: 1, of: 100, stage: null, window: null },
          // Fewer than five clients are shown as four.
          { limit: 'breaker', seen: 4, allowed: 1, of: 4, stage: 'confirmed', window: 60 },
        ],
        scope: { protocols: [], rules: ['cut'], sectors: ['bank'] },
        numbers: { problems: 3 },
      },
    ]);
    history.change('reload', START + 120, { reload: { result: 'unchanged' } });
    expect(history.incidents().map(span)).toEqual([[0, 120]]);
  });

  it('whose registry shrank by more than a hundredth are an incident of that moment', () => {
    const history = new History();
    history.change('reload', START, { reload: { result: 'success', change: figures(1000, 990) } });
    expect(history.incidents()).toEqual([]);
    history.change('reload', START + 60, { reload: { result: 'success', change: figures(1000, 989) } });
    expect(history.incidents()).toMatchObject([
      { kind: 'registry', numbers: { before: 1000, after: 989, lost: 11 }, scope: { rules: [], sectors: ['bank'] } },
    ]);
    expect(history.incidents().map(span)).toEqual([[60, 60]]);
  });
});

describe('one incident', () => {
  it('has what was in force and what changed before it, without what was refused', () => {
    const history = new History();
    const policy = { name: 'national', sha256: 'b' };
    history.change('start', START - 2 * DAY, { mode: 'observe', policy });
    history.change('reload', START - HOUR, { reload: { result: 'success', mode: 'enforce' }, policy });
    history.change('reload', START - 60, { reload: { result: 'refused' }, policy: { name: 'other', sha256: 'c' } });
    history.change('breaker', START, { breaker: { ...TRIP, ...NUMBERS } });
    history.change('breaker', START + 100, { breaker: { state: 'reset' } });
    history.change('action', START + 200, { action: { what: 'reset' } });
    const breaker = history.incidents().find(({ kind }) => kind === 'breaker')!;
    const detail = readIncident(history.database, breaker.id)!;
    expect(detail.in_force).toMatchObject({ reload: { mode: 'enforce' }, policy });
    expect(detail.before.map(({ kind, time_ms: time }) => [kind, time / 1000 - START])).toEqual([
      ['breaker', 0],
      ['reload', -60],
      ['reload', -HOUR],
    ]);
    expect(detail.during.map(({ kind }) => kind)).toEqual([]);
    expect(readIncident(history.database, 999)).toBeNull();
  });

  it('is a row of CSV, with small groups as <5 and no formula', () => {
    const history = new History();
    const numbers = { clients_affected: 2, clients_seen: 900, clients_allowed: 1 };
    history.change('breaker', START, { breaker: { ...TRIP, ...numbers, rule: '=1+1' } });
    history.minute(START, { series: [{ action: 'block', rule: 'a, "b"', sector: 'bank' }] });
    const [head, row, ...others] = incidentCsv(readIncidents(history.database, {}), history.clock).split('\r\n');
    expect(head).toBe('from,to,zone,kind,subject,title,cause,numbers,protocols,rules,sectors,site,isp,link');
    expect(row).toContain('2024-11-10T18:00:00+05:00,,Asia/Karachi,breaker,observe,,clients: 60s: 500 clients,');
    expect(row).toContain(',affected <5; seen 900; allowed 1,wireguard,"\'=1+1; a, ""b""",bank,north,');
    expect(others).toEqual(['']);
  });

  it('has numbers of clients from 1 to 4 as 4, in the list, alone and in CSV', () => {
    const rows = [1, 2, 3, 4].map((few) => {
      const history = new History();
      const numbers = { clients_affected: few, clients_seen: 5, clients_allowed: few };
      history.change('breaker', START, { breaker: { ...TRIP, ...numbers } });
      const list = readIncidents(history.database, {});
      const { incident } = readIncident(history.database, list.incidents[0]!.id)!;
      expect(incident.numbers).toEqual({ affected: 4, seen: 5, allowed: few });
      expect(list.incidents[0]).toEqual(incident);
      return incidentCsv(list, history.clock).replace(`allowed ${few}`, 'allowed');
    });
    expect(new Set(rows).size).toBe(1);
    const history = new History();
    history.change('breaker', START, {
      breaker: { ...TRIP, clients_affected: 0, clients_seen: 0, clients_allowed: 0 },
    });
    expect(history.incidents()[0]!.numbers).toEqual({ affected: 0, seen: 0, allowed: 0 });
  });

  it('is listed where it touches the span, by kind and place', () => {
    const history = new History();
    history.change('source', START, { state: 'silent', problem: 'none' });
    history.change('source', START + 100, { state: 'back' });
    history.change('hit', START + 500, { rule: 'cut', new: 1, total: 1 });
    const kinds = (query: object): string[] => readIncidents(history.database, query).incidents.map(({ kind }) => kind);
    expect(kinds({ from: START + 50, to: START + 60 })).toEqual(['silence']);
    expect(kinds({ from: START + 101, to: START + 500 })).toEqual([]);
    expect(kinds({ from: START + 600, to: START + 700 })).toEqual(['hit']);
    expect(kinds({ kind: 'silence,loss' })).toEqual(['silence']);
    expect(kinds({ site: 'south' })).toEqual([]);
    expect(kinds({ isp: 'example' })).toEqual(['hit', 'silence']);
  });
});
