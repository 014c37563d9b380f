/** Everything that the conditions of rules may depend on, as numbers in one reused record. */
import { NO_REGISTRATION } from '../registry/registry.ts';

export class DecisionInput {
  /** Codes of core/protocol and dataplane/fingerprint/finding. */
  protocol = 0;
  stage = 0;
  variant = 0;
  /** IP protocol number: 6, 17, 50, 51. */
  transport = 0;
  /** The addresses of the initiator (the client) and the responder, as words (core/ip-address). */
  readonly source = new Int32Array(4);
  readonly destination = new Int32Array(4);
  /** Zero for ESP and AH. */
  sourcePort = 0;
  destinationPort = 0;
  /** Packets and bytes of the flow so far, in both directions. */
  packets = 0;
  bytes = 0;
  /** Packet time, µs since 1970. */
  timeUs = 0;
  /** Index of the registration in force that covers an end, and the code of its sector. */
  sourceRegistration = NO_REGISTRATION;
  destinationRegistration = NO_REGISTRATION;
  sourceSector = -1;
  destinationSector = -1;
}
