/**
 * What a flow's own packets have just said that is new, in one reused record: from the tracker to the thread that
 * decides flows (decision/decision-controller). Valid during the call that hands it over.
 */
import { FingerprintId } from './holder.ts';
import { type Finding, NO_FINDING } from './finding.ts';

export class Detection {
  /** The packet: its time, its number in the capture, its direction in the flow. */
  timeUs = 0;
  packet = 0;
  direction: 0 | 1 = 0;
  /** The fingerprint that holds the flow, and what it finds. */
  holder: FingerprintId = FingerprintId.NONE;
  finding: Finding = NO_FINDING;
  /** The words by which flows of one tunnel know each other (StateWord.KEY). */
  keyHigh = 0;
  keyLow = 0;
  /** Receiver index of a WireGuard transport message; 0 for anything else. */
  receiver = 0;
}
