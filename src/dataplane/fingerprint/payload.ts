/**
 * What a fingerprint sees of a packet: the bytes behind the transport header, in one reused record. For TCP it is one
 * length-prefixed record of the stream instead, for ESP and AH the packet from the SPI's header on.
 */

import { Framing } from '../host/framing.ts';

const NO_BYTES = new DataView(new ArrayBuffer(0));

export class Payload {
  data: DataView = NO_BYTES;
  /** Offset of the first byte. */
  at = 0;
  /** Bytes that were captured, at most `length`. */
  captured = 0;
  /** Bytes that the headers claim. */
  length = 0;
  framing: Framing = Framing.DATAGRAM;
  /** 0 where the packet goes from the flow's first address to its second, else 1. */
  direction: 0 | 1 = 0;
  /** Packet time, microseconds since 1970. */
  timeUs = 0;
  /** Number of the packet in its capture, from 1. */
  packet = 0;
  /** Packets of the flow that no fingerprint claimed before the one that holds it did: set where a fingerprint observes. */
  unclaimedBefore = 0;
  /** What to add to an offset in this payload to get the offset that evidence shows: for TCP the record's place in its stream. */
  evidenceOffset = 0;
}
