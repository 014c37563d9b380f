/**
 * Makes the history of a site: so many years of hours and days, and the last week by the minute, as the daemon writes them.
 * 200 series are active all the time; a day has its curve, a week its weekend; clients come back.
 *
 *   node bench/history/year.mjs FILE [--years 1] [--series 200]
 */
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { SeededRandom } from '../../test/kit/random.mjs';

const dist = new URL('../../dist/', import.meta.url);
const { ClientSketch } = await import(new URL('history/client-sketch.js', dist));
const { HistoryStore } = await import(new URL('history/store/history-store.js', dist));
const { ZoneClock } = await import(new URL('history/zone-clock.js', dist));

export const ZONE = 'Asia/Karachi';
/** The end of the history, 2026-11-02T00:00:00 in its zone. */
export const END_S = 1_793_559_600;
export const RETENTION = { minute: 7 * 86_400, hour: 730 * 86_400, day: Infinity };
export const PLACE = { site: 'karachi-1', isp: 'isp-a', link: 'east' };

const HOUR_S = 3600;
const DAY_S = 86_400;
const WEEK_S = 7 * DAY_S;
const PROTOCOLS = ['wireguard', 'openvpn', 'ipsec'];
const ACTIONS = ['allow', 'throttle', 'block'];
const REGISTERED = ['none', 'source', 'destination', 'both'];
const SECTORS = ['', 'bank', 'it', 'health', 'government'];
const CLIENTS = 40_000;
const CHANGES_A_DAY = 20;

function seriesKeys(count) {
  return Array.from({ length: count }, (_, i) => ({
    protocol: PROTOCOLS[i % 3],
    stage: i % 5 === 0 ? 'suspected' : 'confirmed',
    action: ACTIONS[Math.floor(i / 3) % 3],
    rule: `rule-${i % 12}`,
    registered: REGISTERED[Math.floor(i / 9) % 4],
    sector: SECTORS[Math.floor(i / 36) % 5],
    mode: i % 2 === 0 ? 'observe' : 'enforce',
    number: i,
  })).map(({ number, ...key }) => ({ ...key, rule: `${key.rule}-${Math.floor(number / 60)}` }));
}

/** The share of the busiest hour: a day's curve, less at weekends, a little more every month. */
function load(timeS, clock) {
  const local = timeS + clock.offsetAt(timeS);
  const hour = (local % DAY_S) / HOUR_S;
  const isWeekend = [2, 3].includes(Math.floor(local / DAY_S) % 7);
  const curve = 0.15 + 0.85 * Math.max(0, Math.sin(((hour - 7) / 17) * Math.PI)) ** 1.5;
  return curve * (isWeekend ? 0.7 : 1);
}

export class SiteHistory {
  constructor({ seed = 1, series = 200 } = {}) {
    this.random = new SeededRandom(seed);
    this.keys = seriesKeys(series);
    this.clock = new ZoneClock(ZONE);
  }

  /** What a place has counted in so many seconds from a time on. */
  minute(timeS, seconds = 60) {
    const { random, clock, keys } = this;
    const share = load(timeS, clock) * (seconds / 60);
    const series = keys.map((key, number) => {
      const decisions = Math.round(share * (40 / (1 + (number % 40))) * (0.5 + random.share()));
      const packets = decisions * random.between(50, 2000);
      const dropped = key.action === 'block' && key.mode === 'enforce' ? packets : 0;
      const delayed = key.action === 'throttle' && key.mode === 'enforce' ? packets >> 2 : 0;
      return {
        key,
        counts: [decisions, decisions, packets, packets * 700, delayed, delayed * 700, dropped, dropped * 700],
      };
    });
    const total = Math.round(share * 2_000_000);
    return {
      place: PLACE,
      minuteS: timeS,
      hourS: clock.hourStart(timeS),
      dayS: clock.dayStart(timeS),
      series: series.filter(({ counts }) => counts[1] > 0),
      coverage: {
        seconds,
        packets: total,
        bytes: total * 700,
        lost_packets: random.chance(0.02) ? random.below(500) : 0,
        undecoded_packets: random.below(200),
        lost_lines: 0,
        lag_us: random.below(90_000),
        active_flows: Math.round(share * 30_000),
      },
      clients: ACTIONS.map((action, number) => ({
        action,
        sketch: this.clients((share * [400, 120, 40][number]) | 0),
      })),
      harm: random.chance(0.01) ? [{ kind: 'in_force', outcome: 'would', count: random.between(1, 3) }] : [],
    };
  }

  change(timeS) {
    return {
      timeUs: timeS * 1e6,
      place: PLACE,
      kind: 'reload',
      fields: { reload: { result: 'success', rules: 'f'.repeat(64) } },
    };
  }

  clients(count) {
    const sketch = new ClientSketch();
    for (let i = Math.min(count, 3 * CLIENTS); i > 0; i--) {
      const client = this.random.below(CLIENTS);
      sketch.add(mixed(Math.imul(client + 1, 0x9e3779b1)), mixed(client ^ 0x5bd1e995));
    }
    return sketch.toBytes();
  }
}

/** The finalizer of MurmurHash3. */
function mixed(value) {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** Writes the history to a new file. Returns an open store, and the number of the next batch. */
export function makeHistory(path, { years = 1, series = 200, progress = () => undefined } = {}) {
  for (const ending of ['', '-wal', '-shm']) rmSync(path + ending, { force: true });
  const store = new HistoryStore({ path, zone: ZONE, retention: RETENTION });
  const site = new SiteHistory({ series });
  let number = 0;
  const weekS = END_S - WEEK_S;
  for (let day = END_S - years * 365 * DAY_S; day < weekS; day += DAY_S) {
    const minutes = Array.from({ length: 24 }, (_, hour) => site.minute(day + hour * HOUR_S, HOUR_S));
    const changes = Array.from({ length: CHANGES_A_DAY }, (_, i) => site.change(day + i * HOUR_S));
    store.write({ session: 'generator', number: ++number, minutes, changes });
    // What retention would have removed by the minute.
    store.read(({ database }) => {
      for (const table of ['roll_up', 'coverage', 'clients', 'harm'])
        database.exec(`DELETE FROM ${table} WHERE level = 0`);
    });
    progress(day);
  }
  for (let hour = weekS; hour < END_S; hour += HOUR_S) {
    const minutes = Array.from({ length: 60 }, (_, minute) => site.minute(hour + minute * 60));
    store.write({ session: 'generator', number: ++number, minutes, changes: [] });
    progress(hour);
  }
  return { store, site, number };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { years: { type: 'string', default: '1' }, series: { type: 'string', default: '200' } },
  });
  const { store } = makeHistory(positionals[0], { years: Number(values.years), series: Number(values.series) });
  process.stdout.write(`${positionals[0]}: ${(store.byteCount / 1e6).toFixed(0)} MB\n`);
  store.close();
}
