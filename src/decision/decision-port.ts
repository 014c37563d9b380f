/** The port between packets and decisions. */
import type { FlowListener } from '../dataplane/flow-tracker.ts';
import type { Outcome } from '../dataplane/outcome.ts';

/** Decides flows, and with them their packets. */
export interface DecisionPort extends FlowListener {
  /** A packet of a flow that has a decision; returns what becomes of it. */
  packet(slot: number, wireLength: number, packet: number): Outcome;
  /** How late the last packet leaves whose outcome was DELAYED, microseconds. */
  readonly delayUs: number;
  /**
   * The packet time before which, from `timeUs` on, `packet` has nothing to say but FORWARDED; `timeUs` where it may.
   */
  noChangeUntil(timeUs: number): number;
}
