/** What can be wrong with a capture's records, by number, with the fault and the words for people. */
import { LARGEST_RECORD_LENGTH } from '../input/block-reader.ts';
import { CaptureFault } from '../packet-source.ts';

/**
 * Bytes captured of one packet, at most: libpcap's MAXIMUM_SNAPLEN. libpcap lets USB and D-Bus captures have longer
 * packets; no such link layer carries what Sluice looks for. A snapshot length in the file is not enforced: bytes that
 * are there beyond it are packet bytes all the same.
 */
export const LARGEST_CAPTURED_LENGTH = 262_144;

export const Flaw = {
  NONE: 0,
  NO_BYTE_ORDER: 1,
  VERSION: 2,
  LENGTH: 3,
  REPEATED_LENGTH: 4,
  TOO_LARGE: 5,
  TOO_SHORT: 6,
  UNKNOWN_INTERFACE: 7,
  CAPTURED_LENGTH: 8,
  PCAP_VERSION: 9,
  ANOTHER_CAPTURE: 10,
  PCAP_CAPTURED_LENGTH: 11,
} as const;
export type Flaw = (typeof Flaw)[keyof typeof Flaw];

export type DescribedFault = readonly [CaptureFault, string];

/** `first` and `second` are the version of a pcap file, or the captured length of a packet in one. */
export function faultOf(flaw: Exclude<Flaw, 0>, first = 0, second = 0): DescribedFault {
  switch (flaw) {
    case Flaw.NO_BYTE_ORDER:
      return [CaptureFault.BAD_BLOCK, 'section header without a byte-order magic'];
    case Flaw.VERSION:
      return [CaptureFault.UNKNOWN_FORMAT, 'pcapng section of a version other than 1'];
    case Flaw.LENGTH:
      return [CaptureFault.BAD_BLOCK_LENGTH, 'block length that is below 12 or no multiple of 4'];
    case Flaw.REPEATED_LENGTH:
      return [CaptureFault.BAD_BLOCK_LENGTH, 'block whose length is not repeated at its end'];
    case Flaw.TOO_LARGE:
      return [CaptureFault.BAD_BLOCK_LENGTH, `block over ${LARGEST_RECORD_LENGTH} bytes`];
    case Flaw.TOO_SHORT:
      return [CaptureFault.BAD_BLOCK_LENGTH, 'block too short for its type'];
    case Flaw.UNKNOWN_INTERFACE:
      return [CaptureFault.BAD_BLOCK, 'packet of an interface that its section has not described'];
    case Flaw.CAPTURED_LENGTH: {
      const limit = `over its block or over ${LARGEST_CAPTURED_LENGTH} bytes`;
      return [CaptureFault.BAD_PACKET_LENGTH, `packet whose captured length is ${limit}`];
    }
    case Flaw.PCAP_VERSION:
      return [CaptureFault.UNKNOWN_FORMAT, `pcap version ${first}.${second}, not 2.0 to 2.4,`];
    case Flaw.ANOTHER_CAPTURE: {
      const remedy = 'give each file by itself, or join them by mergecap -a';
      return [CaptureFault.BAD_PACKET_LENGTH, `another capture begins, as where files are joined by cat (${remedy}),`];
    }
    case Flaw.PCAP_CAPTURED_LENGTH:
      return [CaptureFault.BAD_PACKET_LENGTH, `packet of ${first} captured bytes, over ${LARGEST_CAPTURED_LENGTH},`];
  }
}

/**
 * An input that ends `there` bytes into a record or header of at least `length`. `isBegun`: the file header was read.
 */
export function pcapCut(isBegun: boolean, length: number, there: number): DescribedFault {
  const what = isBegun ? 'packet record' : 'pcap file header';
  const fault = isBegun ? CaptureFault.CUT_PACKET : CaptureFault.CUT_HEADER;
  return [fault, `${what} of at least ${length} bytes cut to ${there}`];
}

/** The same of a block. `isBegun`: a section's header was read. */
export function pcapngCut(isBegun: boolean, length: number, there: number): DescribedFault {
  const fault = isBegun ? CaptureFault.CUT_BLOCK : CaptureFault.CUT_HEADER;
  return [fault, `block of at least ${length} bytes cut to ${there}`];
}
