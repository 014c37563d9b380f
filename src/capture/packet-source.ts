/** The interface of a packet source: it fills batches until it ends, and reports how it ended. */
import type { PacketBatch } from './packet-batch.ts';

/**
 * Why a capture ended early, with a stable number and a name. Families: cut (the input is truncated), bad (the input is
 * invalid).
 */
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
  /** Detected as another format, compression or archive, which may contain packets. */
  UNREAD_FORMAT: 23,
  /** Read to its end, but no packet has a supported link type. */
  UNREAD_LINK_TYPE: 22,
  /** Read to its end, but every packet has an unsupported layer, is nested too deep, or ends inside a header. */
  UNREAD_LAYERS: 24,
} as const;
export type CaptureFault = (typeof CaptureFault)[keyof typeof CaptureFault];

export interface CaptureEnd {
  readonly fault: CaptureFault;
  /**
   * A sentence for the user with the byte offset of the fault. Without a fault: empty, or a remark on something
   * tolerated.
   */
  readonly message: string;
}

/** Result of a read that does not wait. */
export const Found = { END: 0, PACKETS: 1, NOT_YET: 2 } as const;
export type Found = (typeof Found)[keyof typeof Found];

export interface PacketSource {
  /** Name of the source, shown as `pcap_filename`. */
  readonly name: string;
  /**
   * Fills the batch with the next packets; resolves to false at the end, with the batch empty. The batch's bytes stay
   * valid until the next call. Invalid input never causes a rejection: see `end`.
   */
  read(batch: PacketBatch): Promise<boolean>;
  /** How the source ended; valid after `read` resolved to false. */
  readonly end: CaptureEnd;
  /** Releases the source's resources; may be called at any time, more than once. */
  close(): Promise<void>;
}
