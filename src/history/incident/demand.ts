/**
 * Demand: the distinct clients with a VPN flow in an hour, against the median of the same hour of the week before.
 * After an outage elsewhere, demand for VPNs has risen by 350 %: it is then not the rules that have changed.
 *
 * An hour is compared with the same local hour of up to eight weeks before, of which at least three were watched for
 * half an hour or more. It is above the usual if it has more than twice the median, and more than 50 clients above it.
 * The hour under way counts too: its clients only grow. It is about the protocols and sectors that have more than
 * twice their usual decisions.
 */
import { ClientSketch } from '../client-sketch.ts';
import { LEVEL_NAMES } from '../roll-up.ts';
import type { IncidentScope } from './incident.ts';
import type { HistoryDatabase } from '../store/database.ts';
import type { ZoneClock } from '../zone-clock.ts';

export const MOST_WEEKS = 8;
export const FEWEST_WEEKS = 3;
const FACTOR = 2;
const CLIENTS_ABOVE = 50;
const WATCHED_SECONDS = 1800;
const SECONDS_PER_WEEK = 604_800;
const HOUR = LEVEL_NAMES.indexOf('hour');
const MOST_CACHED = 64;

/** What is usual for an hour. */
export interface UsualDemand {
  readonly median: number;
  readonly weeks: number;
}

interface Usual extends UsualDemand {
  /** The hours that are compared, seconds since 1970. */
  readonly hours: readonly number[];
}

type Split = 'protocol' | 'sector';

export interface Demand extends UsualDemand {
  readonly clients: number;
  readonly scope: IncidentScope;
}

export class DemandDetector {
  private readonly clock: ZoneClock;
  private readonly sketches: import('libsql').Statement<unknown[]>;
  private readonly coverage: import('libsql').Statement<unknown[]>;
  private readonly decisions: Readonly<Record<Split, import('libsql').Statement<unknown[]>>>;
  private readonly usual = new Map<string, Usual | null>();

  constructor(database: HistoryDatabase, clock: ZoneClock) {
    this.clock = clock;
    this.sketches = database.prepare('SELECT sketch FROM clients WHERE level = ? AND time = ? AND place = ?').raw();
    this.coverage = database.prepare('SELECT seconds FROM coverage WHERE level = ? AND time = ? AND place = ?').raw();
    const decisionsBy = (name: Split) =>
      database
        .prepare(
          `SELECT series.${name}, sum(decisions) FROM roll_up JOIN series ON series.id = roll_up.series
           WHERE level = ? AND time = ? AND place = ? AND series.${name} <> '' GROUP BY series.${name}`,
        )
        .raw();
    this.decisions = { protocol: decisionsBy('protocol'), sector: decisionsBy('sector') };
  }

  /** The demand of an hour that begins at `hourS` if it is above the usual; else null. */
  above(place: number, hourS: number): Demand | null {
    const usual = this.usualOf(place, hourS);
    if (usual === null) return null;
    const clients = this.clientsOf(place, hourS);
    const { median, weeks, hours } = usual;
    if (clients <= FACTOR * median || clients - median <= CLIENTS_ABOVE) return null;
    const named = (split: Split): string[] => this.unusual(split, place, hourS, hours);
    return { median, weeks, clients, scope: { protocols: named('protocol'), rules: [], sectors: named('sector') } };
  }

  /** The protocols or sectors with more than twice the decisions of the median of these hours. */
  private unusual(split: Split, place: number, hourS: number, hours: readonly number[]): string[] {
    const before = hours.map((time) => this.decisionsBy(split, place, time));
    return [...this.decisionsBy(split, place, hourS)]
      .filter(([name, count]) => count > FACTOR * medianOf(before.map((decisions) => decisions.get(name) ?? 0)))
      .map(([name]) => name);
  }

  private decisionsBy(split: Split, place: number, hourS: number): ReadonlyMap<string, number> {
    return new Map(this.decisions[split].all(HOUR, hourS, place) as [string, number][]);
  }

  /** Null where too few weeks are known. */
  private usualOf(place: number, hourS: number): Usual | null {
    const key = `${place} ${hourS}`;
    let usual = this.usual.get(key);
    if (usual !== undefined) return usual;
    if (this.usual.size === MOST_CACHED) this.usual.clear();
    const counts: number[] = [];
    const hours: number[] = [];
    for (let week = 1; week <= MOST_WEEKS; week++) {
      const time = this.weeksBefore(hourS, week);
      const [row] = this.coverage.all(HOUR, time, place) as [number][];
      if (row === undefined || row[0] < WATCHED_SECONDS) continue;
      counts.push(this.clientsOf(place, time));
      hours.push(time);
    }
    usual = counts.length < FEWEST_WEEKS ? null : { median: medianOf(counts), weeks: counts.length, hours };
    this.usual.set(key, usual);
    return usual;
  }

  /** The same local hour some weeks before: clocks may have changed meanwhile. */
  private weeksBefore(hourS: number, weeks: number): number {
    const { clock } = this;
    const time = hourS - weeks * SECONDS_PER_WEEK;
    return clock.hourStart(time + clock.offsetAt(hourS) - clock.offsetAt(time));
  }

  private clientsOf(place: number, hourS: number): number {
    const sum = new ClientSketch();
    for (const [bytes] of this.sketches.all(HOUR, hourS, place) as [Uint8Array][])
      sum.merge(ClientSketch.fromBytes(bytes));
    return sum.size;
  }
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
