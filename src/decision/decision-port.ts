/** The port between packets and decisions. */
import type { FlowListener } from '../dataplane/tracker.ts';
import type { Outcome } from '../dataplane/outcome.ts';

/** Decides flows and their packets. */
export interface DecisionPort extends FlowListener {
  /** A packet of a flow that may have a decision; returns its outcome. */
  packet(slot: number, wireLength: number, packet: number): Outcome;
  /** Delay of the last packet with outcome DELAYED, in microseconds. */
  readonly delayUs: number;
  /** The packet time before which no packet from `timeUs` on has an effect in `packet`; `timeUs` if any may. */
  noChangeUntil(timeUs: number): number;
}
