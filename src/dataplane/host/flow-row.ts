/** The layout of a flow's row in the flow table: its words, details and flags. */

/** Words of a row's first part, 32 bits each; f64 is one 64-bit number, at an even word. */
export const FlowWord = {
  /** Last word of each end's address: all of an IPv4 address. */
  LOW_ADDRESS: 0,
  HIGH_ADDRESS: 1,
  /** Port of the lower end in the upper half, of the higher end in the lower. */
  PORTS: 2,
  /** Transport in bits 0 to 7, FlowFlag from 8 on. */
  TRANSPORT: 3,
  DOMAIN: 4,
  /**
   * The fingerprints' handle (0 where they have not seen the flow yet), and what they find in the flow's own packets.
   */
  HANDLE: 5,
  OWN_FINDING: 6,
  // Word 7 is free.
  /** Packets in each direction. */
  PACKETS: 8,
  /** Bytes on the wire in each direction, modulo 2^32: see `bytes`. */
  BYTES: 10,
  /** f64: packet time of the last packet. */
  LAST_TIME: 12,
  /** f64: clock reading at the last packet. */
  TOUCHED: 14,
} as const;

export const ROW_WORDS = 16;

/** Words of a row's second part. */
export const FlowDetail = {
  /** f64: packet time of the first packet. */
  FIRST_TIME: 0,
  /** f64: number of the first packet in the capture, from 1. */
  FIRST_PACKET: 2,
  ENCAPSULATION: 4,
  VLANS: 5,
  /** Evidence of the flow's own finding. */
  OWN_EVIDENCE: 6,
  /**
   * TCP: the place where its first bytes are put together, where FlowFlag.STREAM is set; with FlowFlag.CHAIN, where its
   * records are followed.
   */
  STREAM: 8,
  /** The next slot without a flow, in one without a flow; 0 for none. */
  NEXT_FREE: 9,
  /**
   * TCP: sequence number of each direction's first byte, as far as it was needed where no SYN was seen: of the first
   * one captured.
   */
  FIRST_SEQUENCE: 10,
  /** How often BYTES of each direction has passed 2^32. */
  BYTES_CARRIED: 12,
} as const;

export const DETAIL_WORDS = 16;

export const FlowFlag = {
  /** The first packet went from the higher end to the lower. */
  STARTED_HIGH: 1 << 8,
  /** SYN seen, per direction. */
  SYN_LOW: 1 << 9,
  SYN_HIGH: 1 << 10,
  /** Both directions are closed, or one was reset. */
  CLOSED: 1 << 11,
  FIN_LOW: 1 << 12,
  FIN_HIGH: 1 << 13,
  /** The addresses are not both IPv4: the other words of them lie apart. */
  IS_IPV6: 1 << 14,
  /** TCP: STREAM of the details is a place. */
  STREAM: 1 << 15,
  /** That place is one of record-chain.ts, not of tcp-prefix-buffer.ts. */
  CHAIN: 1 << 16,
  /** Began against the direction of a flow with its tuple under another link (split-halves). */
  OTHER_LINK: 1 << 17,
  /** The tracker has reported a detection of this flow: its further packets and its end are reported too. */
  REPORTED: 1 << 18,
} as const;
