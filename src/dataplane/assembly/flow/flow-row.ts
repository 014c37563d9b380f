/**
 * The layout of a flow's row, in three parts, each in a region of its own: the words that every packet reads or
 * changes, in one cache line; the details that few packets ask for, in another; and the upper words of IPv6 addresses.
 *
 * The host reads rows by the same offsets (pipeline/flow-columns); a test compares both.
 */

// @ts-ignore: decorator
@unmanaged
@final
export class FlowRow {
  /** Last word of each end's address: all of an IPv4 address. */
  lowAddress: u32;
  highAddress: u32;
  /** Port of the lower end in the upper half, of the higher end in the lower. */
  ports: u32;
  /** Transport in bits 0 to 7, FlowFlag from 8 on; 0 for a free slot. */
  transport: u32;
  domain: u32;
  /**
   * The fingerprints' handle (0 where they have not seen the flow yet), and what they find in the flow's own packets.
   */
  handle: i32;
  ownFinding: u32;
  free: u32;
  /** Packets in each direction. */
  packets0: u32;
  packets1: u32;
  /** Bytes on the wire in each direction, modulo 2^32. */
  bytes0: u32;
  bytes1: u32;
  /** Packet time of the last packet. */
  lastTime: f64;
  /** Clock reading at the last packet. */
  touched: f64;
}

export const ROW_LENGTH: usize = 64;

// @ts-ignore: decorator
@unmanaged
@final
export class FlowDetails {
  /** Packet time of the first packet. */
  firstTime: f64;
  /** Number of the first packet in the capture, from 1. */
  firstPacket: f64;
  encapsulation: u32;
  vlans: u32;
  /** First row of evidence of the flow's own finding. */
  ownEvidence: u32;
  free: u32;
  /**
   * TCP: the place where its first bytes are put together, where FlowFlag.STREAM is set; with CHAIN, where its records
   * are followed.
   */
  stream: u32;
  /** A slot without a flow: the next one, 0 for none. */
  nextFree: u32;
  /** TCP: sequence number of each direction's first byte, as far as it was needed. */
  firstSequence0: u32;
  firstSequence1: u32;
  /** How often the bytes of each direction have passed 2^32. */
  bytesCarried0: u32;
  bytesCarried1: u32;
  free2: u64;
}

export const DETAILS_LENGTH: usize = 64;

/** Upper three words of the lower end's address, then of the higher end's. */
// @ts-ignore: decorator
@unmanaged
@final
export class UpperWords {
  low0: u32;
  low1: u32;
  low2: u32;
  high0: u32;
  high1: u32;
  high2: u32;
}

export const UPPER_LENGTH: usize = 24;

export enum FlowFlag {
  /** The first packet went from the higher end to the lower. */
  STARTED_HIGH = 1 << 8,
  /** SYN seen, per direction. */
  SYN_LOW = 1 << 9,
  SYN_HIGH = 1 << 10,
  /** Both directions are closed, or one was reset. */
  CLOSED = 1 << 11,
  FIN_LOW = 1 << 12,
  FIN_HIGH = 1 << 13,
  /** The addresses are not both IPv4: the upper words hold the rest. */
  IS_IPV6 = 1 << 14,
  /** TCP: `stream` of the details is a place. */
  STREAM = 1 << 15,
  /** That place is one of record-chain, not of tcp-prefix-buffer. */
  CHAIN = 1 << 16,
  /** Began against the direction of a flow with its tuple under another link (split-halves). */
  OTHER_LINK = 1 << 17,
  /** A detection of this flow was reported: its further packets and its end are reported too. */
  REPORTED = 1 << 18,
}
