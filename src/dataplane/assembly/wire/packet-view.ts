/**
 * A decoded packet as a row of 128 bytes, two cache lines. The layer walk fills it; in two threads it is what crosses
 * between them.
 *
 * After decode has said OK, `payloadAt + payloadCaptured` lies inside the captured packet, and `payloadCaptured <=
 * payloadLength`. A fingerprint reads captured bytes only; what it says of lengths comes from the headers, so a capture
 * that its snap length has cut gives the same answers as a whole one.
 */

/** IP protocol numbers of the four transports that make flows. */
export enum Transport {
  TCP = 6,
  UDP = 17,
  ESP = 50,
  AH = 51,
}

/** Where a packet is in its IP datagram. */
export enum Fragment {
  NONE,
  FIRST,
  LATER,
}

/** What a packet can be wrapped in; four bits each in `PacketView.encapsulation`, so no code is left. */
export enum Encapsulation {
  VLAN = 1,
  MPLS = 2,
  PPPOE = 3,
  IPIP = 4,
  SIX_IN_FOUR = 5,
  FOUR_IN_SIX = 6,
  SIX_IN_SIX = 7,
  GRE = 8,
  ERSPAN = 9,
  VXLAN = 10,
  GENEVE = 11,
  GTP = 12,
  L2TP = 13,
  PPTP = 14,
  TZSP = 15,
}

// @ts-ignore: decorator
@unmanaged
@final
export class PacketView {
  /** Packet time, microseconds since 1970. */
  timeUs: f64;
  /** What follows the UDP or TCP header; for ESP and AH the whole ESP or AH packet. An address, and bytes. */
  payloadAt: u32;
  payloadCaptured: i32;
  payloadLength: i32;
  /** Bytes of the frame on the wire. */
  wireLength: u32;

  /**
   * The key: both ends' last address words and ports in the key's order, what tells links apart, and the hash of all.
   */
  lowWord: u32;
  highWord: u32;
  /** Port of the lower end in the upper half, of the higher end in the lower. */
  keyPorts: u32;
  /**
   * Tells apart equal tuples in different VLANs and overlay networks: a hash of what both directions share of the
   * encapsulation. 0 for none, and always where the link is no part of a flow's identity.
   */
  domain: u32;
  flowHash: u32;
  /** Where the flow probably is, 0 where the table has not looked. */
  prefetchedSlot: u32;

  /** Addresses as words (core/ip-address). */
  source0: u32;
  source1: u32;
  source2: u32;
  source3: u32;
  destination0: u32;
  destination1: u32;
  destination2: u32;
  destination3: u32;
  /** Zero for ESP and AH. */
  sourcePort: u16;
  destinationPort: u16;

  /** A Transport, a DecodeStatus, 0 or 1 for the direction from the lower end to the higher or back, a Fragment. */
  transport: u8;
  status: u8;
  direction: u8;
  fragment: u8;
  /** The addresses are not both IPv4, nor IPv6 forms of IPv4 addresses. */
  isIpv6: bool;
  tcpFlags: u8;
  tcpSequence: u32;

  /** Encapsulations from the outermost on, four bits each, the outermost in the lowest bits. */
  encapsulation: u32;
  /** The outermost two VLAN ids: the first in the lower 16 bits, each as id + 1 so that id 0 shows; 0 for none. */
  vlans: u32;

  /** For a first fragment: the later ones that came before it, packets and bytes on the wire. */
  waitedPackets: u32;
  waitedBytes: f64;
}

/** Bytes from one view to the next. */
export const VIEW_LENGTH: usize = 128;
