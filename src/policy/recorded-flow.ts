/**
 * What is known of a VPN flow before any registry or policy is asked: decisions by other rules, or at another time, are made from it. One record is
 * reused for flow after flow.
 */
import { DecisionInput } from './decision-input.ts';

/** `input` holds the flow; its registrations and its time are not set. */
export class RecordedFlow {
  readonly input = new DecisionInput();
  /** Packet time of its last packet, µs since 1970. */
  lastTimeUs = 0;
  /** Flows of one tunnel share their registered ends. 0 for a flow without a tunnel, or one whose tunnel is not known any more. */
  tunnel = 0;
  /** The address at which an end of the flow's tunnel was registered, which may be that of another flow. */
  hasKeptSource = false;
  readonly keptSource = new Int32Array(4);
  hasKeptDestination = false;
  readonly keptDestination = new Int32Array(4);
}

/** Flows that can be gone through, as often as is wanted. */
export interface RecordedFlows {
  /** Hands each flow over; the record is valid during the call. Returns how many flows were left out because there were too many. */
  visit(take: (flow: RecordedFlow) => void): number;
}
