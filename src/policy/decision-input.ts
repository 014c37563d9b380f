/**
 * All that a decision may depend on, as numbers in one reused record: what the rules' conditions look at.
 */

/** No registration covers this end. */
export const NOT_REGISTERED = -1;

export class DecisionInput {
  /** Codes of core/protocol and dataplane/fingerprint/finding. */
  protocol = 0;
  stage = 0;
  variant = 0;
  /** IP protocol number: 6, 17, 50, 51. */
  transport = 0;
  /** The initiator's address (the client) and the responder's, as words. */
  readonly source = new Int32Array(4);
  readonly destination = new Int32Array(4);
  /** Zero for ESP and AH. */
  sourcePort = 0;
  destinationPort = 0;
  /** Packets and octets of the flow so far, both directions. */
  packets = 0;
  octets = 0;
  /** Packet time, microseconds since 1970. */
  timeUs = 0;
  /** Index of the registration that covers an end, and its sector's code; NOT_REGISTERED for neither. */
  sourceRegistration = NOT_REGISTERED;
  destinationRegistration = NOT_REGISTERED;
  sourceSector = -1;
  destinationSector = -1;
}
