/**
 * A circuit breaker that falls back to observe mode when too many new clients would be affected within a window, so
 * that a wrong rule or a registry that lost its rows does not cause an outage.
 *
 * `admit` is called before a client is hit (throttled or blocked). It trips the breaker instead of exceeding a limit of
 * the policy (policy/limits) or the allowed number of registered hits. A trip stops all enforcement, or with
 * `ignore-suspected` that of suspected flows, until an operator resets the breaker. A reset clears the hit clients, so
 * a rule that is still wrong trips it again. New limits keep the counts so far.
 *
 * Distinct clients are counted: exactly while they fit into the tables, then by estimates with the stricter bound
 * (hit-clients, seen-clients).
 *
 * The breaker has no side effects: no clock, no log, no file. Times are packet times. Its caller handles the
 * consequences of a trip: mode observe, an event, a metric.
 */
import { ClientGroup } from '../../policy/client-groups.ts';
import { type BreakerState, breakerStateOf, type SeenWindowsState, seenWindowsOf } from './breaker-state.ts';
import { type Address, ClientHash } from '../../policy/client-hash.ts';
import { HIT_CAPACITY, HitClients } from './hit-clients.ts';
import { allowedBy, type Limit, limitText, type Safety } from '../../policy/limits.ts';
import { SEEN_CAPACITY } from './seen-clients.ts';
import { SeenWindows } from './seen-windows.ts';
import type { Trip, TripCause } from './trip.ts';
import type { Snapshot } from '../../core/snapshot.ts';

/** The current counts of a limit. */
export interface LimitCounts {
  readonly limit: Limit;
  readonly affected: number;
  readonly seen: number;
  readonly allowed: number;
}

/** Packet times go back by less than this within one capture. */
const REORDERING_LIMIT_US = 60_000_000;

export interface Capacities {
  readonly hit: number;
  readonly seen: number;
}

export class Breaker {
  private safety: Safety;
  private hash: ClientHash;
  private readonly capacities: Capacities;
  private hits: HitClients;
  /** The clients with a finding. */
  private readonly seen: SeenWindows;
  /** Another breaker records them for both. */
  readonly isBeside: boolean;
  private isRetired = false;
  /** The trips since the last reset, at most one for each value of `then`. */
  private tripped: readonly Trip[] = [];
  /** Stages for which hits are refused: bit i for stage i. */
  private refused = 0;
  /** Registered hits since the last reset, without those of rules with `hits_registered: true`. */
  private registeredHits = 0;
  /**
   * Offset of the breaker's time from packet time. The breaker's time never goes back, and ignores changes of the
   * clock.
   */
  private shiftUs = 0;
  /** Incremented whenever the result of `exportState` changes, apart from its time. */
  changes = 0;
  private now = -Infinity;
  /** From a restart until the first packet: how far that packet may move the windows. */
  private resumeUs: number | null = null;

  /**
   * `key`: the deployment's secret, four words. Capacities are powers of two. `beside`: a breaker with the same key
   * that is always asked first about the same packets, and records the clients with a finding for both.
   */
  constructor(
    safety: Safety,
    key: ArrayLike<number>,
    capacities: Capacities = { hit: HIT_CAPACITY, seen: SEEN_CAPACITY },
    beside: Breaker | null = null,
  ) {
    this.safety = safety;
    this.hash = beside?.hash ?? new ClientHash(key);
    this.capacities = capacities;
    this.hits = new HitClients([], capacities.hit);
    this.isBeside = beside !== null;
    this.seen = beside?.seen ?? new SeenWindows(capacities.seen);
    this.seen.join(safety.limits);
    this.useHitWindows();
  }

  get trips(): readonly Trip[] {
    return this.tripped;
  }

  /** True when hits for findings of this stage are refused. */
  refuses(stage: number): boolean {
    return ((this.refused >> stage) & 1) === 1;
  }

  /**
   * Records that a client has a flow with a finding of a stage. Returns the packet time before which repeating the call
   * has no effect.
   */
  see(timeUs: number, client: Address, stage: number): number {
    this.hash.take(client);
    return this.seeAgain(timeUs, this.hash.high, this.hash.low, stage, 0);
  }

  /** The same by the client's hash. `since`: `seenMoves` when the same was recorded last. */
  seeAgain(timeUs: number, high: number, low: number, stage: number, since: number): number {
    const { seen } = this;
    if (!seen.isUsed) return Infinity;
    this.advance(timeUs);
    if (!this.isBeside) seen.see(high, low, stage, since);
    return seen.nextSlice() - this.shiftUs;
  }

  /** The hash of the client that was recorded last: two words. */
  get lastHash(): { readonly high: number; readonly low: number } {
    return this.hash;
  }

  /** Whether a hit of the client would count as new for limits of any stage; its hash is then `lastHash`. */
  isNewClient(client: Address): boolean {
    this.hash.take(client);
    return this.hits.isNew(this.hash.high, this.hash.low, ClientGroup.ANY);
  }

  get seenMoves(): number {
    return this.seen.moves;
  }

  /**
   * It is asked for nothing more than its trips from now on. Clients with a finding are counted no more once this holds
   * for all breakers that share them.
   */
  retire(): void {
    if (this.isRetired) return;
    this.isRetired = true;
    this.seen.leave();
  }

  /** Records that an admitted client is still being hit. */
  touch(timeUs: number, client: Address, stage: number): void {
    this.advance(timeUs);
    this.hash.take(client);
    this.hits.touch(this.now, this.hash.high, this.hash.low, stage);
  }

  /**
   * Admits a hit of a client for a finding of a stage, and counts it. False when the breaker refuses the stage or trips
   * now. `isHarm`: a registration in force covers the flow, and its rule does not have `hits_registered: true`.
   */
  admit(timeUs: number, client: Address, stage: number, isHarm: boolean): boolean {
    if (this.refuses(stage)) return false;
    this.advance(timeUs);
    this.hash.take(client);
    const { high, low } = this.hash;
    if (isHarm && !this.admitRegistered(timeUs)) return false;
    for (const limit of this.safety.limits) {
      if (limit.group !== ClientGroup.ANY && limit.group !== stage) continue;
      if (!this.hits.isNew(high, low, limit.group)) continue;
      const cause = this.causeOf(limit);
      if (cause === null) continue;
      const { affected, seen, allowed } = this.countsOf(limit);
      this.trip({ timeUs, cause, then: limit.then, limit: limitText(limit), affected: affected + 1, seen, allowed });
      return false;
    }
    this.hits.hit(this.now, high, low, stage);
    this.changes++;
    return true;
  }

  /** Copies its state, or puts a copy back: the limits must be the same. To be called between two batches. */
  snapshot(walk: Snapshot): void {
    walk.part('breaker');
    const key = walk.data(this.hash.words);
    if (walk.isRestoring) this.hash = new ClientHash(key);
    this.useTrips(walk.data(this.tripped));
    this.registeredHits = walk.number(this.registeredHits);
    this.shiftUs = walk.number(this.shiftUs);
    this.now = walk.number(this.now);
    this.resumeUs = walk.data(this.resumeUs);
    this.changes++;
    this.hits.snapshot(walk);
    this.seen.snapshot(walk);
  }

  /** Clears the trips and the hit clients. */
  reset(): void {
    this.changes++;
    this.useTrips([]);
    this.registeredHits = 0;
    this.hits.clear();
  }

  /** Trips because the state could not be read: nothing is enforced until an operator resets the breaker. */
  tripForState(timeUs: number): void {
    this.trip({ timeUs, cause: 'state', then: 'observe', limit: null, affected: 0, seen: 0, allowed: 0 });
  }

  /** Uses other limits from now on. Counts are kept, and carried over to new windows. */
  useLimits(safety: Safety): void {
    this.safety = safety;
    this.useHitWindows();
    this.seen.useLimits(safety.limits);
  }

  /** Called when the clock was set, so that packet times jump by `byUs`. The windows do not move. */
  clockWasSet(byUs: number): void {
    this.shiftUs -= byUs;
    this.changes++;
  }

  /** Another capture begins, with a clock of its own: its windows are empty. Trips stay. */
  nextCapture(): void {
    if (this.now === -Infinity) return;
    this.now = -Infinity;
    this.shiftUs = 0;
    this.hits = new HitClients([], this.capacities.hit);
    this.useHitWindows();
    this.seen.clear(this.safety.limits);
    this.changes++;
  }

  exportState(): BreakerState {
    const { tripped, registeredHits, shiftUs } = this;
    const nowUs = Math.max(0, this.now);
    const key = this.hash.words;
    return { version: 2, key, trips: tripped, registeredHits, nowUs, shiftUs, hits: this.hits.exportState() };
  }

  exportSeen(): SeenWindowsState {
    return { version: 2, nowUs: Math.max(0, this.now), windows: this.seen.exportState() };
  }

  /**
   * Imports the result of `exportState`. The windows move to the first packet after it, by at most `elapsedUs`, because
   * the time of another capture does not show how long ago the hits were. Throws TypeError for an invalid state.
   */
  importState(state: unknown, elapsedUs: number): void {
    const { key, trips, registeredHits, nowUs, shiftUs, hits } = breakerStateOf(state, this.hash);
    this.hash = new ClientHash(key);
    this.hits.importState(hits, nowUs);
    this.useTrips(trips);
    this.registeredHits = registeredHits;
    // A state without a time has no counts.
    if (nowUs === 0) return;
    this.now = nowUs;
    this.shiftUs = shiftUs;
    this.seen.advance(nowUs);
    this.resumeUs = elapsedUs + REORDERING_LIMIT_US;
  }

  /** Imports only the trips of an exported state. Throws TypeError for an invalid state. */
  importTrips(state: unknown): void {
    for (const trip of breakerStateOf(state, this.hash).trips) this.trip(trip);
  }

  /** Imports the result of `exportSeen`, after the state. Throws TypeError for an invalid one. */
  importSeen(value: unknown): void {
    const { windows, nowUs } = seenWindowsOf(value);
    if (nowUs === 0) return;
    this.seen.importState(windows, nowUs);
    this.now = Math.max(nowUs, this.now);
    this.resumeUs ??= REORDERING_LIMIT_US;
    this.hits.advance(this.now);
    this.useLimits(this.safety);
  }

  limitCounts(): LimitCounts[] {
    return this.safety.limits.map((limit) => ({ limit, ...this.countsOf(limit) }));
  }

  private advance(timeUs: number): void {
    if (this.resumeUs !== null) this.resume(timeUs, this.resumeUs);
    const steady = Math.max(0, timeUs + this.shiftUs);
    if (steady <= this.now) return;
    this.now = steady;
    this.hits.advance(steady);
    this.seen.advance(steady);
  }

  /** Handles the first packet after a restart: sets the offset so that the windows move by at most the elapsed time. */
  private resume(timeUs: number, limitUs: number): void {
    this.resumeUs = null;
    const step = timeUs + this.shiftUs - this.now;
    if (step < -REORDERING_LIMIT_US) this.shiftUs -= step;
    else if (step > limitUs) this.shiftUs -= step - limitUs;
  }

  private admitRegistered(timeUs: number): boolean {
    const affected = ++this.registeredHits;
    const allowed = this.safety.registered;
    if (affected <= allowed) return true;
    this.trip({ timeUs, cause: 'registered', then: 'observe', limit: null, affected, seen: 0, allowed });
    return false;
  }

  /** The cause of a trip if one more client would exceed a limit; null if it would not. */
  private causeOf(limit: Limit): TripCause | null {
    const affected = this.hits.within(limit.windowUs).upper(limit.group) + 1;
    if (affected > limit.clients) return 'clients';
    if (limit.share === null || affected <= limit.floor) return null;
    return affected > allowedBy(limit, this.seen.lower(limit)) ? 'share' : null;
  }

  private countsOf(limit: Limit): { affected: number; seen: number; allowed: number } {
    const seen = Math.round(this.seen.lower(limit));
    const affected = Math.round(this.hits.within(limit.windowUs).upper(limit.group));
    return { affected, seen, allowed: allowedBy(limit, seen) };
  }

  private useHitWindows(): void {
    this.hits.useWindows([...new Set(this.safety.limits.map(({ windowUs }) => windowUs))]);
  }

  private trip(trip: Trip): void {
    this.changes++;
    this.useTrips([...this.tripped.filter(({ then }) => then !== trip.then), trip]);
  }

  private useTrips(trips: readonly Trip[]): void {
    const all = (1 << ClientGroup.SUSPECTED) | (1 << ClientGroup.CONFIRMED);
    this.tripped = trips;
    this.refused = trips.reduce(
      (stages, { then }) => stages | (then === 'observe' ? all : 1 << ClientGroup.SUSPECTED),
      0,
    );
  }
}
