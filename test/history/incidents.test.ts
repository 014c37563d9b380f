/** Incidents that are detected in the minutes of a history, against slow twins and by hand. */
import { describe, expect, it } from 'vitest';
import { sourceProblem } from '../../src/capture/source-problem.ts';
import { incidentCsv } from '../../src/history/query/incident-csv.ts';
import { readIncident, readIncidents } from '../../src/history/query/incident-list.ts';
import { ZoneClock } from '../../src/history/zone-clock.ts';
import { SeededRandom } from '../kit/random.mjs';
import { DAY, History, HOUR, NUMBERS, span, START, TRIP, WEEK } from './incident-history.ts';

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
