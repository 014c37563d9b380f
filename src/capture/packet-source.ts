/**
 * What every source of packets is to the engine: something that fills batches until it ends, and says how it ended.
 */
import type { PacketBatch } from './packet-batch.ts';

/** Why a capture ended before its end, with a stable number and a name. Families: cut (input stops), bad (input lies). */
export const CaptureFault = {
  NONE: 0,
  CUT_HEADER: 1,
  CUT_PACKET: 2,
  CUT_BLOCK: 3,
  CUT_COMPRESSION: 4,
  BAD_PACKET_LENGTH: 10,
  BAD_BLOCK_LENGTH: 11,
  BAD_BLOCK: 12,
  BAD_COMPRESSION: 13,
  UNKNOWN_FORMAT: 20,
  UNREADABLE: 21,
  /** Recognised as another format, compression or archive, which may hold packets. */
  UNREAD_FORMAT: 23,
  /** Read to its end, but no packet of it is of a link type that is read. */
  UNREAD_LINK_TYPE: 22,
  /** Read to its end, but each packet is of a layer that is not read, nested too deep, or ends inside a header. */
  UNREAD_LAYERS: 24,
} as const;
export type CaptureFault = (typeof CaptureFault)[keyof typeof CaptureFault];

export interface CaptureEnd {
  readonly fault: CaptureFault;
  /** A sentence for people with the place (octet offset) of the fault. With no fault: empty, or a remark on what was tolerated. */
  readonly message: string;
}

/** What came of asking for packets without waiting. */
export const Found = { END: 0, PACKETS: 1, NOT_YET: 2 } as const;
export type Found = (typeof Found)[keyof typeof Found];

export interface PacketSource {
  /** The name by which the source was reached; what `pcap_filename` shows. */
  readonly name: string;
  /**
   * Fills the batch with the next packets; resolves to false at the end, with the batch empty.
   * The batch's bytes stay valid until the next call. Never rejects for what the input holds: see `end`.
   */
  read(batch: PacketBatch): Promise<boolean>;
  /** How the source ended; valid after `read` resolved to false. */
  readonly end: CaptureEnd;
  /** Gives back what the source holds; may be called at any time, more than once. */
  close(): Promise<void>;
}
