/** Receives packets that are not simply forwarded. */
import type { Outcome } from '../dataplane/host/outcome.ts';

export interface OutcomeListener {
  /** `side`: the set of rules by which the packet of this flow is delayed or dropped, 0 where there is one only. */
  affected(side: number, slot: number, outcome: Outcome, wireLength: number, timeUs: number): void;
}
