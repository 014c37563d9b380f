/** One or more capture files; packets are written in the order of the calls. */
export interface PacketTarget {
  /** Adds a packet. Throws OutputError. */
  write(timeUs: number, linkType: number, wireLength: number, bytes: Uint8Array): void;
  /** Writes the rest. Throws OutputError. */
  close(): void;
}

/** LINKTYPE_ETHERNET: the link type of a capture without packets. */
export const ETHERNET = 1;

/** The snapshot length in file headers: libpcap's MAXIMUM_SNAPLEN, the most that Sluice reads of a packet. */
export const SNAPLEN = 262_144;
