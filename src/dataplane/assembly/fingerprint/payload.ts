/**
 * What a fingerprint sees of a packet: the bytes after the transport header, in one reused record. For TCP it is one
 * length-prefixed record of the stream instead, for ESP and AH the packet from the SPI's header on.
 */

/** How the bytes came, which decides which fingerprints are asked. */
export enum Framing {
  DATAGRAM,
  ESP,
  AH,
  OPENVPN_RECORD,
  IKE_RECORD,
}

@final
export class Payload {
  /** Address of the first byte. */
  at: usize = 0;
  /** Bytes that were captured, at most `length`. */
  captured: i32 = 0;
  /** Bytes that the headers claim. */
  length: i32 = 0;
  framing: Framing = Framing.DATAGRAM;
  /** 0 where the packet goes from the flow's lower end to its higher, else 1. */
  direction: i32 = 0;
  /** Packet time, microseconds since 1970. */
  timeUs: f64 = 0;
  /** Number of the packet in its capture, from 1. */
  packet: f64 = 0;
  /**
   * Packets of the flow that no fingerprint claimed before the one that holds it did: set where a fingerprint observes.
   */
  unclaimedBefore: i32 = 0;
  /**
   * What to add to an offset in this payload to get the offset that evidence shows: for TCP the record's place in its
   * stream.
   */
  evidenceOffset: u32 = 0;
}
