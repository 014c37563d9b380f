/**
 * The safety breaker: it stops enforcement when too many clients are newly throttled or blocked, so that a wrong rule or a registry that lost
 * its rows never becomes an outage.
 *
 * It is asked before a client is hit (`admit`), and trips instead of admitting the one too many of any of its limits (limits), or the registered
 * hit too many. A trip stops everything, or with `ignore-suspected` what is done to flows that are only suspected, until an operator resets it. A
 * reset forgets who was hit, so a rule that is still wrong trips it again. New limits change nothing of what it has seen.
 *
 * Counts are of distinct clients: exact while they fit into its tables, after that estimates of which the bound is used that stops sooner
 * (hit-clients, seen-clients). Limits hold in either case.
 *
 * Pure: no clock, no log, no file. Times are packet times. What follows a trip (mode observe, an event, a metric) is its caller's part.
 */
import { ClientGroup } from '../../policy/client-groups.ts';
import { type BreakerState, breakerStateOf, type SeenWindowsState, seenWindowsOf } from './breaker-state.ts';
import { type Address, ClientHash } from '../../policy/client-hash.ts';
import { HIT_CAPACITY, HitClients } from './hit-clients.ts';
import { allowedBy, type Limit, limitText, type Safety } from '../../policy/limits.ts';
import { SEEN_CAPACITY, SeenClients } from './seen-clients.ts';
import type { Trip, TripCause } from './trip.ts';

/** How near a limit is to being exceeded. */
export interface LimitCounts {
  readonly limit: Limit;
  readonly affected: number;
  readonly seen: number;
  readonly allowed: number;
}

/** Packets are captured out of order by less than this. */
const REORDERING_LIMIT_US = 60_000_000;

export interface Capacities {
  readonly hit: number;
  readonly seen: number;
}

export class Breaker {
  private safety: Safety;
  private hash: ClientHash;
  private readonly capacities: Capacities;
  private readonly hits: HitClients;
  /** The clients with a finding of each group and window that some limit asks for. */
  private seen: SeenClients[] = [];
  /** The trips since the last reset: one for each of what may follow. */
  private tripped: readonly Trip[] = [];
  /** Stages of which hits are refused for that: bit i for stage i. */
  private refused = 0;
  /** Registered hits that were not on purpose, since the last reset. */
  private registeredHits = 0;
  /** Added to packet times: the time of the windows never goes back, and does not follow a clock that is set. */
  private shiftUs = 0;
  /** Grows with everything that `exportState` would say otherwise, but for the time. */
  changes = 0;
  private now = -Infinity;
  /** After a restart, until the first packet: how far the windows may move to its time. */
  private resumeUs: number | null = null;

  /** `key`: four words that are the deployment's secret. Capacities are powers of two. */
  constructor(
    safety: Safety,
    key: ArrayLike<number>,
    capacities: Capacities = { hit: HIT_CAPACITY, seen: SEEN_CAPACITY },
  ) {
    this.safety = safety;
    this.hash = new ClientHash(key);
    this.capacities = capacities;
    this.hits = new HitClients([], capacities.hit);
    this.useLimits(safety);
  }

  get trips(): readonly Trip[] {
    return this.tripped;
  }

  /** True where hits for findings of this stage are refused. */
  refuses(stage: number): boolean {
    return ((this.refused >> stage) & 1) === 1;
  }

  /** Notes that a client has a flow with a finding of a stage. Returns the packet time from which on the same is worth being noted again. */
  see(timeUs: number, client: Address, stage: number): number {
    const { hash } = this;
    this.advance(timeUs);
    hash.take(client);
    let next = Infinity;
    for (const clients of this.seen) {
      if (clients.group === ClientGroup.ANY || clients.group === stage) clients.see(this.now, hash.high, hash.low);
      next = Math.min(next, clients.counts.nextSlice(this.now));
    }
    return next - this.shiftUs;
  }

  /** Notes that a client which was admitted is still being hit. */
  touch(timeUs: number, client: Address, stage: number): void {
    this.advance(timeUs);
    this.hash.take(client);
    this.hits.touch(this.now, this.hash.high, this.hash.low, stage);
  }

  /**
   * True when the client may be throttled or blocked now for a finding of a stage, and it is counted so; false when the breaker is, or is
   * hereby, tripped. `isHarm`: a registration in force covers the flow, and its rule does not say that this is meant.
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

  /** Closes the breaker again, and forgets who was hit. */
  reset(): void {
    this.changes++;
    this.useTrips([]);
    this.registeredHits = 0;
    this.hits.clear();
  }

  /** Trips where what was seen before is not known: nothing is enforced until an operator has looked. */
  tripForState(timeUs: number): void {
    this.trip({ timeUs, cause: 'state', then: 'observe', limit: null, affected: 0, seen: 0, allowed: 0 });
  }

  /** Uses other limits from now on. Counts stay, and hold in windows that are new too. */
  useLimits(safety: Safety): void {
    this.safety = safety;
    const windows = [...new Set(safety.limits.map(({ windowUs }) => windowUs))];
    this.hits.useWindows(windows);
    const before = this.seen;
    this.seen = [];
    for (const { windowUs, group } of safety.limits)
      if (this.findSeen(windowUs, group) === undefined) this.seen.push(this.seenFrom(before, windowUs, group));
  }

  /** Packet times are greater by this from now on, because a clock was set: the windows do not move. */
  clockWasSet(byUs: number): void {
    this.shiftUs -= byUs;
    this.changes++;
  }

  exportState(): BreakerState {
    const { tripped, registeredHits, shiftUs } = this;
    const nowUs = Math.max(0, this.now);
    const key = this.hash.words;
    return { version: 2, key, trips: tripped, registeredHits, nowUs, shiftUs, hits: this.hits.exportState() };
  }

  exportSeen(): SeenWindowsState {
    const windows = this.seen.map((clients) => clients.exportState());
    return { version: 2, nowUs: Math.max(0, this.now), windows };
  }

  /**
   * Takes up what `exportState` gave. The windows move up to the first packet after it, but by no more than `elapsedUs`: a capture of another
   * day says nothing of how long ago the hits were. Throws TypeError where the value is no such state.
   */
  importState(state: unknown, elapsedUs: number): void {
    const { key, trips, registeredHits, nowUs, shiftUs, hits } = breakerStateOf(state, this.hash);
    this.hash = new ClientHash(key);
    this.hits.importState(hits, nowUs);
    this.useTrips(trips);
    this.registeredHits = registeredHits;
    // Nothing was counted where there is no time.
    if (nowUs === 0) return;
    this.now = nowUs;
    this.shiftUs = shiftUs;
    for (const clients of this.seen) clients.advance(nowUs);
    this.resumeUs = elapsedUs + REORDERING_LIMIT_US;
  }

  /** Takes up the trips of an exported state, and nothing else of it. Throws TypeError where the value is no such state. */
  importTrips(state: unknown): void {
    for (const trip of breakerStateOf(state, this.hash).trips) this.trip(trip);
  }

  /** Takes up what `exportSeen` gave, after the state. Throws TypeError where the value is none. */
  importSeen(value: unknown): void {
    const { windows, nowUs } = seenWindowsOf(value);
    if (nowUs === 0) return;
    this.seen = windows.map((state) => {
      const clients = new SeenClients(state.windowUs, state.group, this.capacities.seen);
      clients.importState(state, nowUs);
      clients.advance(Math.max(nowUs, this.now));
      return clients;
    });
    this.now = Math.max(nowUs, this.now);
    this.resumeUs ??= REORDERING_LIMIT_US;
    this.hits.advance(this.now);
    this.useLimits(this.safety);
  }

  /** The limits, with how near each is. */
  limitCounts(): LimitCounts[] {
    return this.safety.limits.map((limit) => ({ limit, ...this.countsOf(limit) }));
  }

  private advance(timeUs: number): void {
    if (this.resumeUs !== null) this.resume(timeUs, this.resumeUs);
    const steady = Math.max(0, timeUs + this.shiftUs);
    if (steady <= this.now) return;
    this.now = steady;
    this.hits.advance(steady);
    for (const clients of this.seen) clients.advance(steady);
  }

  /** The first packet after a restart: the windows go on from where they were, by no more than the time that has passed. */
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

  /** Why one more client would exceed a limit; null where it would not. */
  private causeOf(limit: Limit): TripCause | null {
    const affected = this.hits.within(limit.windowUs).upper(limit.group) + 1;
    if (affected > limit.clients) return 'clients';
    if (limit.share === null || affected <= limit.floor) return null;
    return affected > allowedBy(limit, this.findSeen(limit.windowUs, limit.group)!.counts.lower(0)) ? 'share' : null;
  }

  private countsOf(limit: Limit): { affected: number; seen: number; allowed: number } {
    const seen = Math.round(this.findSeen(limit.windowUs, limit.group)!.counts.lower(0));
    const affected = Math.round(this.hits.within(limit.windowUs).upper(limit.group));
    return { affected, seen, allowed: allowedBy(limit, seen) };
  }

  private findSeen(windowUs: number, group: ClientGroup): SeenClients | undefined {
    return this.seen.find((clients) => clients.counts.windowUs === windowUs && clients.group === group);
  }

  /**
   * The counts of a window so far. A new one begins with those of the nearest wider one, else the widest; for any stage also with those of windows
   * for one stage.
   */
  private seenFrom(before: readonly SeenClients[], windowUs: number, group: ClientGroup): SeenClients {
    const same = before.find((clients) => clients.group === group && clients.counts.windowUs === windowUs);
    if (same !== undefined) return same;
    const clients = new SeenClients(windowUs, group, this.capacities.seen);
    if (!Number.isFinite(this.now)) return clients;
    clients.advance(this.now);
    const known = nearest(before, windowUs, group);
    if (known !== null) clients.copyFrom(known, this.now);
    if (known !== null || group !== ClientGroup.ANY) return clients;
    for (const stage of [ClientGroup.SUSPECTED, ClientGroup.CONFIRMED]) {
      const ofStage = nearest(before, windowUs, stage);
      if (ofStage !== null) clients.copyFrom(ofStage, this.now);
    }
    return clients;
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

/** The group's narrowest window that is wider than this, else its widest; null where there is none. */
function nearest(windows: readonly SeenClients[], windowUs: number, group: ClientGroup): SeenClients | null {
  const others = windows
    .filter((clients) => clients.group === group)
    .sort((a, b) => a.counts.windowUs - b.counts.windowUs);
  return others.find(({ counts }) => counts.windowUs > windowUs) ?? others.at(-1) ?? null;
}
