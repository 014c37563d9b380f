/**
 * The facts about a VPN flow that do not depend on policy or registry. Decisions by other rules, or at another time,
 * are made from them. One record is reused for all flows.
 */
import { DecisionInput } from './decision-input.ts';

/** `input` holds the flow; its registrations and its time are left unset. */
export class RecordedFlow {
  readonly input = new DecisionInput();
  /** Packet time of its last packet, µs since 1970. */
  lastTimeUs = 0;
  /**
   * Flows of one tunnel share their registered ends. 0 for a flow without a tunnel, or with one that has left the
   * tunnel table.
   */
  tunnel = 0;
  /**
   * The address at which an end of the flow's tunnel was registered; it may be an address of another flow of the
   * tunnel.
   */
  hasKeptSource = false;
  readonly keptSource = new Int32Array(4);
  hasKeptDestination = false;
  readonly keptDestination = new Int32Array(4);
}

/** Recorded flows, which may be visited several times. */
export interface RecordedFlows {
  /**
   * Calls `take` with each flow; the record is valid during the call. Returns the number of flows left out because of a
   * limit.
   */
  visit(take: (flow: RecordedFlow) => void): number;
}
