/** Receives what each of several sets of rules does to packets. */
import type { OutcomeListener } from './outcome-listener.ts';

export interface ComparedOutcomes extends OutcomeListener {
  /**
   * A side dropped so many packets of a flow, with so many bytes on the wire, in the interval that begins at `fromUs`.
   */
  dropped(side: number, slot: number, packets: number, bytes: number, fromUs: number): void;
  /** Packet times of the interval that a packet is in, from its beginning to its end: it may become wider, not less. */
  intervalOf(timeUs: number): { readonly fromUs: number; readonly untilUs: number };
}
