/**
 * Admits the client of a flow before it is throttled or blocked. The breaker counts clients and trips; this asks it for
 * flows, asks a fleet's lease where there is one, and reports a trip with the flows that led to it. After a trip no
 * flow is affected, or no flow that is only suspected, until an operator resets the breaker.
 *
 * A client is the end that started the flow, by its role in the handshake if that is known.
 */
import { Breaker, type Capacities } from './breaker/breaker.ts';
import type { Safety } from '../policy/limits.ts';
import type { Trip } from './breaker/trip.ts';
import { FlowIdentity } from './flow-record.ts';
import type { HitLease } from './hit-lease.ts';
import type { Snapshot } from '../core/snapshot.ts';

/** What made the breaker trip, for outputs. */
export type { Trip } from './breaker/trip.ts';
export { type LimitCounts } from './breaker/breaker.ts';
export { GROUP_NAMES } from '../policy/client-groups.ts';
export { windowText } from '../policy/limits.ts';

/** A trip, with the flows that led to it. */
export interface TripReport {
  readonly trip: Trip;
  /** The rule that would have hit one client more; null for none. */
  readonly rule: string | null;
  /** Flows that were hit before, the latest last, and the one that was not. They are valid during the call only. */
  readonly flows: readonly FlowIdentity[];
}

/** Flows that a trip names at most. */
const NAMED_FLOWS = 10;

/** A flow that was admitted, for the report of a later trip. */
interface HitFlow {
  readonly flow: FlowIdentity;
  stage: number;
  isHarm: boolean;
}

export class HitAdmission {
  readonly breaker: Breaker;
  /** It refuses nothing: what it has admitted stays admitted. */
  readonly isTrial: boolean = false;
  /** Trips since the start. */
  tripCount = 0;
  /** Grows with every reset: clients that were admitted before are admitted again. */
  generation = 1;
  /** The lease of a fleet; null without one. It is no part of the state: a start has no lease. */
  lease: HitLease | null = null;
  private readonly onTrip: (report: TripReport) => void;
  /** The flows that were admitted last, in a ring; `hitCount` since the last reset. */
  private readonly hitFlows: readonly HitFlow[] = Array.from({ length: NAMED_FLOWS }, () => ({
    flow: new FlowIdentity(),
    stage: 0,
    isHarm: false,
  }));
  private hitCount = 0;
  /** Whether the client that is being admitted was not hit before; always false without a lease. */
  private isNew = false;

  /**
   * `key`: four words that are the deployment's secret (policy/client-hash). `beside`: an admission with the same key
   * that is always asked first about the same packets.
   */
  constructor(
    safety: Safety,
    key: ArrayLike<number>,
    onTrip: (report: TripReport) => void,
    capacities?: Capacities,
    beside: HitAdmission | null = null,
  ) {
    this.breaker = new Breaker(safety, key, capacities, beside?.breaker);
    this.onTrip = onTrip;
  }

  /** True if nothing is enforced until a reset. */
  get hasTripped(): boolean {
    return this.breaker.trips.some(({ then }) => then === 'observe');
  }

  /** True if flows with a finding of this stage are not affected. */
  refuses(stage: number): boolean {
    return this.breaker.refuses(stage) || this.lease?.isValid === false;
  }

  /** Notes that the flow's client, which was admitted, is still being hit. */
  touch(flow: FlowIdentity, timeUs: number, stage: number): void {
    this.breaker.touch(timeUs, flow.source, stage);
  }

  /**
   * True if the flow's client may be throttled or blocked now, by a rule. `isHarm`: it is registered, and the rule does
   * not intend that.
   */
  admit(flow: FlowIdentity, timeUs: number, stage: number, rule: string, isHarm: boolean): boolean {
    if (this.breaker.refuses(stage) || !this.isLent(flow, stage)) return false;
    if (this.breaker.admit(timeUs, flow.source, stage, isHarm)) {
      if (this.isNew) this.lease!.hit(this.breaker.lastHash.high, this.breaker.lastHash.low);
      const hit = this.hitFlows[this.hitCount++ % NAMED_FLOWS]!;
      hit.flow.copy(flow);
      hit.stage = stage;
      hit.isHarm = isHarm;
      return true;
    }
    this.tripCount++;
    // The breaker refuses for no other reason than that it has just tripped.
    const trip = this.breaker.trips.at(-1)!;
    this.onTrip({ trip, rule, flows: [...this.flowsOf(trip, stage), flow] });
    return false;
  }

  /** Copies its state, or puts a copy back. To be called between two batches. */
  snapshot(walk: Snapshot): void {
    walk.part('hit admission');
    this.tripCount = walk.number(this.tripCount);
    this.generation = walk.number(this.generation);
    this.hitCount = walk.number(this.hitCount);
    for (const hit of this.hitFlows) {
      hit.stage = walk.number(hit.stage);
      hit.isHarm = walk.data(hit.isHarm);
      hit.flow.snapshot(walk);
    }
    this.breaker.snapshot(walk);
  }

  reset(): void {
    this.breaker.reset();
    this.generation++;
    this.hitCount = 0;
  }

  /** Whether the fleet lends a hit of the flow's client, if it is a new one: that is noted in `isNew`. */
  private isLent({ source }: FlowIdentity, stage: number): boolean {
    const { lease, breaker } = this;
    this.isNew = lease !== null && breaker.isNewClient(source);
    if (lease === null) return true;
    return this.isNew ? lease.mayHit(breaker.lastHash.high, breaker.lastHash.low, stage) : lease.isValid;
  }

  /** The flows that count for a trip, the latest last; one less than may be named. */
  private flowsOf({ cause, limit }: Trip, stage: number): FlowIdentity[] {
    const isAny = limit?.endsWith('any') === true;
    const first = Math.max(0, this.hitCount - NAMED_FLOWS);
    const flows: FlowIdentity[] = [];
    for (let number = first; number < this.hitCount; number++) {
      const hit = this.hitFlows[number % NAMED_FLOWS]!;
      if (cause === 'registered' ? hit.isHarm : isAny || hit.stage === stage) flows.push(hit.flow);
    }
    return flows.slice(1 - NAMED_FLOWS);
  }
}
