/**
 * The safety state of a daemon: handles trips and resets of the breaker, and saves breaker and registered hits. Counts
 * and trips are in `safety.json`. The seen clients are in `clients.json`, which may be large and soon loses its value.
 */
import { accessSync, constants, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RegisteredHits } from '../decision/registered-hits.ts';
import type { HitAdmission, TripReport } from '../decision/hit-admission.ts';
import type { ShowAddress } from '../output/event/shown-address.ts';
import { breakerLine, harmLine } from '../output/event/daemon-event-line.ts';
import { type ShownTrip, showTrip } from '../output/event/shown-trip.ts';
import type { Log } from '../output/log/log.ts';
import { OlderBreaker } from './older-breaker.ts';
import type { RunNotices } from './notices.ts';
import { StateFile } from './state-file.ts';

/** State files that were set aside because they could not be read; they may contain clients. */
const FORGOTTEN = /\.broken(-.*)?$|^checkpoint\.before\.bin$/;
const SCHEMA = 2;
const TICKS_PER_CLIENTS = 10;
const TICKS_PER_STATE = 60;
const MICROS_PER_MILLISECOND = 1000;

/** The content of `safety.json`. */
interface SafetyState {
  readonly breaker: unknown;
  readonly harm: unknown;
  readonly shownTrips: readonly ShownTrip[];
}

export interface SafetyParts {
  readonly admission: HitAdmission;
  readonly hits: RegisteredHits;
  /** Null for no state. */
  readonly folder: string | null;
  readonly show: ShowAddress;
  readonly log: Log;
  readonly notices: RunNotices;
  /** Writes an event line. */
  readonly notice: (line: string) => void;
  readonly mode: () => string;
  readonly timeUs: () => number;
}

export class RunSafety {
  /** Failed attempts to save the state. */
  failureCount = 0;
  private readonly parts: SafetyParts;
  /** Null before `open`. */
  private state: StateFile | null = null;
  private clients: StateFile | null = null;
  private older: OlderBreaker | null = null;
  /** Trips in force, as outputs show them. */
  private shownTrips: readonly ShownTrip[] = [];
  /** Trips of this start that have no event yet. */
  private readonly unannounced: { readonly timeUs: number; readonly trip: ShownTrip }[] = [];
  /** Makes the trips of this start again that no packet brings about. */
  private readonly tripsOfStart: (() => void)[] = [];
  private ticks = 0;
  private savedChanges = -1;
  private savedHarm = '';

  constructor(parts: SafetyParts) {
    this.parts = parts;
  }

  /** Trips in force, as outputs show them. */
  get trips(): readonly ShownTrip[] {
    return this.shownTrips;
  }

  /** Its files; none before `open`. */
  get files(): readonly StateFile[] {
    return [this.state, this.clients].filter((file) => file !== null);
  }

  /** Checks that state can be saved in the folder. Throws if not. */
  open(): void {
    const { folder } = this.parts;
    if (folder === null) return;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    this.state = new StateFile(join(folder, 'safety.json'), 'safety', SCHEMA);
    this.clients = new StateFile(join(folder, 'clients.json'), 'clients', SCHEMA);
    this.older = new OlderBreaker(folder);
  }

  /**
   * Loads the saved state from the folder, which this process has locked. Throws if an unusable file cannot be renamed.
   */
  load(): void {
    const { admission, log } = this.parts;
    if (this.state === null || this.clients === null || this.older === null) return;
    const reading = this.state.load();
    if (reading.kind === 'broken') this.startSafely(reading.problem, reading.setAside);
    else if (reading.kind === 'state') this.takeUp(reading.data, reading.savedMs);
    this.loadOlder(this.older, reading.kind === 'none');
    this.loadClients(this.clients);
    if (admission.breaker.trips.some(({ cause }) => cause === 'state')) this.noteStateTrip();
    for (const trip of admission.breaker.trips)
      log.warn({ trip }, 'the breaker had tripped before this start: it stays so until a reset');
    // An unwritable disk is detected here and not at the first trip. This also saves the key of a first start.
    this.saveNow();
  }

  /**
   * The rules in use before are not known, so new rules cannot be compared with them: nothing is enforced until a reset
   * by an operator.
   */
  rulesAreUnknown(problem: string): void {
    const { log } = this.parts;
    log.error({ problem }, 'the rules in use before are not known: nothing is enforced until a reset');
    this.tripForState();
    this.saveNow();
  }

  /**
   * The engine's state was put back: trips that are still to come are not in force yet, and one for a lost state stays.
   */
  settle(): void {
    const { admission } = this.parts;
    for (const trip of this.tripsOfStart) trip();
    this.shownTrips = this.shownTrips.filter(({ then }) => admission.breaker.trips.some((trip) => trip.then === then));
  }

  /** Writes the events of trips at this start, once the event log is open. */
  announce(): void {
    const { notice, mode } = this.parts;
    for (const { timeUs, trip } of this.unannounced)
      notice(breakerLine(timeUs, { state: 'tripped', mode: mode(), trip }));
    this.unannounced.length = 0;
  }

  /** To be called once a second: saves changes. */
  tick(): void {
    const { admission, hits, log } = this.parts;
    if (this.state === null || this.clients === null) return;
    const harm = JSON.stringify(hits.toCounts());
    const isChanged = admission.breaker.changes !== this.savedChanges || harm !== this.savedHarm;
    const failed = (error: Error): void => {
      this.failureCount++;
      log.error({ problem: error.message }, 'the state of the safety breaker could not be kept');
    };
    this.ticks++;
    if (isChanged || this.ticks % TICKS_PER_STATE === 0) this.state.saveSoon(() => this.data()).catch(failed);
    if (this.ticks % TICKS_PER_CLIENTS === 0) this.clients.saveSoon(() => admission.breaker.exportSeen()).catch(failed);
  }

  /** Saves everything immediately, before the end. */
  saveAll(): void {
    this.saveNow();
    this.attempt(() => this.clients?.saveNow(this.parts.admission.breaker.exportSeen()));
  }

  /** Handles a trip of the breaker. */
  tripped(report: TripReport): void {
    const { notice, show, log, mode } = this.parts;
    const shown = showTrip(report, show);
    this.shownTrips = [...this.shownTrips.filter(({ then }) => then !== shown.then), shown];
    notice(breakerLine(report.trip.timeUs, { state: 'tripped', mode: mode(), trip: shown }));
    const effect =
      shown.then === 'observe'
        ? 'the safety breaker has tripped: nothing is enforced until a reset'
        : 'the safety breaker has tripped: flows that are only suspected are left alone until a reset';
    log.error({ trip: shown }, effect);
    this.parts.notices.tripped(shown);
    this.saveNow();
  }

  /** Closes the breaker; false if it was closed. */
  reset(): boolean {
    const { admission, notice, log, mode, timeUs } = this.parts;
    if (admission.breaker.trips.length === 0) return false;
    admission.reset();
    this.shownTrips = [];
    notice(breakerLine(timeUs(), { state: 'reset', mode: mode(), trip: null }));
    log.warn({ mode: mode() }, 'the safety breaker was reset');
    this.parts.notices.reset();
    this.saveNow();
    return true;
  }

  /** Sets the counts of registered hits to 0, which ends their alert. The reason comes from an operator. */
  clearHarm(reason: string): void {
    const { hits, notice, log, timeUs } = this.parts;
    const before = hits.toCounts();
    hits.clear();
    notice(harmLine(timeUs(), { state: 'cleared', reason, before }));
    log.warn({ reason, before }, 'the counts of registered hits were cleared');
    this.saveNow();
  }

  /**
   * Deletes data with plain client addresses: the sources of trips in force, and files that were set aside. Returns the
   * names of the deleted files. Counts stay, because they are under keyed hashes and the limits need them.
   */
  forget(): readonly string[] {
    this.shownTrips = this.shownTrips.map((trip) => ({ ...trip, flows: [], sources: [] }));
    const { folder } = this.parts;
    if (folder === null) return [];
    const names = readdirSync(folder).filter((name) => FORGOTTEN.test(name));
    for (const name of names) rmSync(join(folder, name), { recursive: true, force: true });
    this.saveNow();
    return names;
  }

  private data(): SafetyState {
    const { admission, hits } = this.parts;
    this.savedChanges = admission.breaker.changes;
    const harm = hits.toCounts();
    this.savedHarm = JSON.stringify(harm);
    return { breaker: admission.breaker.exportState(), harm, shownTrips: this.shownTrips };
  }

  private saveNow(): void {
    this.attempt(() => {
      this.state?.saveNow(this.data());
      this.older?.keep(this.parts.admission.breaker.trips);
    });
  }

  private attempt(save: () => void): void {
    try {
      save();
    } catch (error) {
      this.failureCount++;
      this.parts.log.error({ problem: (error as Error).message }, 'the state of the safety breaker could not be kept');
    }
  }

  private takeUp(data: unknown, savedMs: number): void {
    const { admission, hits } = this.parts;
    const elapsedUs = Math.max(0, Date.now() - savedMs) * MICROS_PER_MILLISECOND;
    try {
      const { breaker, harm, shownTrips } = data as SafetyState;
      admission.breaker.importState(breaker, elapsedUs);
      hits.addCounts(harm);
      this.shownTrips = Array.isArray(shownTrips) ? shownTrips : [];
    } catch (error) {
      const { problem, setAside } = this.state!.setAside((error as Error).message);
      this.startSafely(problem, setAside);
    }
  }

  /** The previous state is lost: nothing is enforced until a reset by an operator. */
  private startSafely(problem: string, setAside: string): void {
    const { admission, log } = this.parts;
    log.error(
      { problem, set_aside: setAside },
      'the state of the safety breaker cannot be used: nothing is enforced until a reset',
    );
    admission.breaker.reset();
    this.tripForState();
  }

  private noteStateTrip(): void {
    const { admission, timeUs } = this.parts;
    this.tripsOfStart.push(() => {
      admission.breaker.tripForState(timeUs());
    });
  }

  private tripForState(): void {
    const { admission, timeUs, show, notices } = this.parts;
    admission.breaker.tripForState(timeUs());
    this.noteStateTrip();
    const shown = showTrip({ trip: admission.breaker.trips.at(-1)!, rule: null, flows: [] }, show);
    this.shownTrips = [...this.shownTrips.filter(({ then }) => then !== shown.then), shown];
    this.unannounced.push({ timeUs: admission.breaker.trips.at(-1)!.timeUs, trip: shown });
    notices.tripped(shown);
  }

  private loadClients(file: StateFile): void {
    const { admission, log } = this.parts;
    let reading = file.load();
    if (reading.kind === 'state') {
      try {
        admission.breaker.importSeen(reading.data);
      } catch (error) {
        reading = file.setAside((error as Error).message);
      }
    }
    if (reading.kind !== 'broken') return;
    const { problem, setAside } = reading;
    log.error(
      { problem, set_aside: setAside },
      'the clients that were seen are not known: shares are of those seen from now on',
    );
  }

  /**
   * Takes over the state of version 0.1: all of it at the first start after an upgrade, later only a trip from a time
   * in which that version ran again.
   */
  private loadOlder(older: OlderBreaker, isFirst: boolean): void {
    const { admission, log, show } = this.parts;
    let reading = older.load();
    if (reading.kind === 'state') {
      try {
        if (isFirst) admission.breaker.importState(reading.data, 0);
        else admission.breaker.importTrips(reading.data);
        const { data } = reading;
        this.tripsOfStart.push(() => {
          admission.breaker.importTrips(data);
        });
        this.shownTrips = admission.breaker.trips.map((trip) => showTrip({ trip, rule: null, flows: [] }, show));
        log.info({ path: older.path }, 'the state of the breaker was taken over from version 0.1');
      } catch (error) {
        reading = older.setAside((error as Error).message);
      }
    }
    if (reading.kind === 'broken') this.startSafely(reading.problem, reading.setAside);
  }
}
