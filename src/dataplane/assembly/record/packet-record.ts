/**
 * A packet record of a capture, before its packet is decoded: what a record's header says, in the same form for every
 * format.
 */

// @ts-ignore: decorator
@unmanaged
@final
export class PacketRecord {
  /** Packet time, microseconds since 1970, finite and at least 0; nanoseconds are truncated. */
  timeUs: f64;
  /** Address of the first captured byte. */
  at: u32;
  /** Captured bytes, at most `wireLength`. */
  capturedLength: i32;
  /** Bytes on the wire. */
  wireLength: u32;
  /** LINKTYPE_ number of the interface that captured the packet. */
  linkType: u32;
}

/** Bytes from one record to the next. */
export const RECORD_LENGTH: usize = 24;
