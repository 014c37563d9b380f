/**
 * Detects incidents in what is written into a history. An incident that goes on is extended, not repeated, also by
 * another run of the daemon: those that last are in the database.
 */
import { type Change, type Minute, SERIES_COUNTS } from '../roll-up.ts';
import type { HistoryDatabase } from '../store/database.ts';
import type { ZoneClock } from '../zone-clock.ts';
import { changeIncidents } from './change-incidents.ts';
import { DemandDetector } from './demand.ts';
import {
  type Incident,
  type IncidentFields,
  type IncidentKind,
  type IncidentScope,
  type KeptIncident,
  unitedScope,
} from './incident.ts';
import { IncidentTable } from './incident-table.ts';
import { isLossBeyond } from './loss-bound.ts';
import { begun, extended, type Sighting } from './sighting.ts';

const MICROS_PER_SECOND = 1e6;
const MINUTE_US = 60 * MICROS_PER_SECOND;
const HOUR_US = 3600 * MICROS_PER_SECOND;

/** Fewer lost packets in a minute are no incident, whatever share they are: a quiet minute has few packets. */
export const LOSS_PACKETS = 10;
const PERCENT = 100;

/** Kinds that end by themselves, so long after they were seen last. */
const QUIET_US: Partial<Record<IncidentKind, number>> = { loss: 5 * MINUTE_US, hit: 10 * MINUTE_US, demand: HOUR_US };

const DECISIONS = SERIES_COUNTS.indexOf('decisions');
const ALLOW = 'allow';

export class IncidentWatch {
  private readonly table: IncidentTable;
  private readonly demand: DemandDetector;
  private readonly lossBound: number;

  /** `lossBound`: the share of packets that may be lost. */
  constructor(database: HistoryDatabase, clock: ZoneClock, lossBound: number) {
    this.lossBound = lossBound;
    this.table = new IncidentTable(database);
    this.demand = new DemandDetector(database, clock);
  }

  /** To be called after these were written, in the same transaction. `placeOf` gives the number of a place. */
  observe(minutes: readonly Minute[], changes: readonly Change[], placeOf: (place: Minute['place']) => number): void {
    for (const change of changes) {
      const place = placeOf(change.place);
      const { sightings, ends } = changeIncidents(change);
      for (const [kind, subject] of ends) this.end(place, kind, subject, change.timeUs);
      for (const sighting of sightings) this.see(place, sighting);
    }
    for (const minute of minutes) this.observeMinute(placeOf(minute.place), minute);
  }

  /** Keeps an incident that a person noted; returns its number. */
  note(place: number, incident: Incident): number {
    return this.table.insert(place, incident);
  }

  /** False if there is no note with this number: detected incidents stay. */
  removeNote(id: number): boolean {
    return this.table.remove(id);
  }

  private observeMinute(place: number, minute: Minute): void {
    const { minuteS, hourS, coverage, clients, harm } = minute;
    const fromUs = minuteS * MICROS_PER_SECOND;
    const toUs = fromUs + MINUTE_US;
    const { packets, lost_packets: lost } = coverage;
    if (lost >= LOSS_PACKETS && isLossBeyond(this.lossBound, lost, packets)) {
      const largest = { percent: (PERCENT * lost) / (lost + packets) };
      const latest = { bound: PERCENT * this.lossBound };
      this.see(place, { kind: 'loss', fromUs, toUs, sums: { lost, packets }, largest, latest });
    }
    const hits = harm.filter(({ kind }) => kind === 'in_force');
    if (hits.length > 0) {
      const sums = Object.fromEntries(hits.map(({ outcome, count }) => [outcome, count]));
      this.see(place, { kind: 'hit', fromUs, toUs, sums });
    }
    const demand = clients.length === 0 ? null : this.demand.above(place, hourS);
    if (demand !== null) {
      const { clients: largest, median, weeks, scope } = demand;
      const hourUs = hourS * MICROS_PER_SECOND;
      this.see(place, {
        kind: 'demand',
        fromUs: hourUs,
        toUs,
        largest: { clients: largest },
        scope,
        latest: { median, weeks },
      });
    }
    // The event of a trip names one rule; the decisions of its minute say whom it was about.
    for (const trip of this.table.begun(place, 'breaker', fromUs, toUs))
      this.table.update({ ...trip, fields: withScope(trip.fields, hitScope(minute)) });
    for (const incident of this.table.open(place)) {
      const quietUs = QUIET_US[incident.kind];
      if (quietUs !== undefined && Math.abs(toUs - incident.latestUs) >= quietUs)
        this.table.update({ ...incident, endUs: incident.latestUs });
    }
  }

  private see(place: number, sighting: Sighting): void {
    const { kind, subject = '', fromUs, toUs, isOver = false } = sighting;
    const quietUs = QUIET_US[kind];
    let before: KeptIncident | null = null;
    if (quietUs !== undefined) before = this.table.near(place, kind, subject, fromUs, toUs, quietUs);
    else if (!isOver) before = this.openOne(place, kind, subject);
    if (before !== null) this.table.update(extended(before, sighting));
    else this.table.insert(place, begun(sighting));
  }

  private openOne(place: number, kind: IncidentKind, subject: string): KeptIncident | null {
    return this.table.open(place).find((one) => one.kind === kind && one.subject === subject) ?? null;
  }

  private end(place: number, kind: IncidentKind, subject: string | null, timeUs: number): void {
    for (const incident of this.table.open(place))
      if (incident.kind === kind && (subject === null || incident.subject === subject)) {
        const endUs = Math.max(timeUs, incident.beginUs);
        this.table.update({ ...incident, endUs, latestUs: endUs });
      }
  }
}

/** What the throttles and blocks of a minute were about. */
function hitScope({ series }: Minute): IncidentScope {
  const keys = series.filter(({ key, counts }) => key.action !== ALLOW && counts[DECISIONS]! > 0).map(({ key }) => key);
  const names = (name: 'protocol' | 'rule' | 'sector'): string[] =>
    keys.map((key) => key[name]).filter((one) => one !== '');
  return { protocols: names('protocol'), rules: names('rule'), sectors: names('sector') };
}

function withScope(fields: IncidentFields, scope: IncidentScope): IncidentFields {
  return { ...fields, scope: unitedScope(fields.scope, scope) };
}
