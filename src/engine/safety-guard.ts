/**
 * The safety breaker at work: it is shown every client, and asked before one is throttled or blocked. Once it has tripped,
 * nothing is affected any more until an operator resets it.
 *
 * A client is the end that started the flow, by handshake role where that is known.
 */
import type { FlowTable } from '../flow/flow-table.ts';
import { Breaker, type Trip } from '../policy/breaker.ts';
import type { Safety } from '../policy/policy.ts';
import { FlowName } from './flow-record.ts';

/** What made the breaker trip, for outputs. */
export type { Trip } from '../policy/breaker.ts';

export class SafetyGuard {
  /** Trips since the start. */
  tripCount = 0;
  /** Grows with every reset: what was admitted before is asked for again. */
  generation = 1;
  private current: Breaker;
  private readonly name = new FlowName();
  private readonly onTrip: (trip: Trip) => void;

  constructor(limits: Safety, onTrip: (trip: Trip) => void) {
    this.current = new Breaker(limits);
    this.onTrip = onTrip;
  }

  get breaker(): Breaker {
    return this.current;
  }

  get hasTripped(): boolean {
    return this.current.trip !== null;
  }

  /** Notes that the flow's client was seen. */
  see(table: FlowTable, slot: number, timeUs: number): void {
    this.name.readName(table, slot);
    this.current.see(timeUs, this.name.source);
  }

  /** True when the flow's client may be throttled or blocked now. */
  admit(table: FlowTable, slot: number, timeUs: number): boolean {
    if (this.current.trip !== null) return false;
    this.name.readName(table, slot);
    if (this.current.admit(timeUs, this.name.source)) return true;
    this.tripCount++;
    // The breaker refuses for no other reason than that it has just tripped.
    this.onTrip(this.current.trip!);
    return false;
  }

  reset(): void {
    this.current.reset();
    this.generation++;
  }

  /** Takes the limits of another policy; who was affected, and a trip, stay known. */
  replaceLimits(limits: Safety): void {
    const state = this.current.exportState();
    this.current = new Breaker(limits);
    this.current.importState(state);
  }
}
