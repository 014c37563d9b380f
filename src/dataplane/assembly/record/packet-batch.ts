/**
 * A batch of packets as the host sees it too (capture/packet-batch): columns of numbers that begin at one address. What
 * is said of a packet is the same for every format. A batch is at the address of its columns.
 *
 * Invariants, for every row of a batch: the captured bytes are in linear memory, and at most as many as there were on
 * the wire; the time is finite and at least 0.
 */

/** Rows of a batch, at most: BATCH_CAPACITY of the host. */
export const BATCH_CAPACITY: i32 = 2048;

const TIME_US: usize = 0;
const AT: usize = 8 * <usize>BATCH_CAPACITY;
const CAPTURED_LENGTH: usize = 12 * <usize>BATCH_CAPACITY;
const WIRE_LENGTH: usize = 16 * <usize>BATCH_CAPACITY;
const LINK_TYPE: usize = 20 * <usize>BATCH_CAPACITY;
/** Bytes of the columns. */
export const BATCH_LENGTH: usize = 22 * <usize>BATCH_CAPACITY;

// @ts-ignore: decorator
@unmanaged
@final
export class PacketBatch {
  /** Packet time, microseconds since 1970; nanoseconds are truncated. */
  timeUs(row: i32): f64 {
    return load<f64>(this.place(row, 3), TIME_US);
  }

  /** Address of the first captured byte. */
  at(row: i32): u32 {
    return load<u32>(this.place(row, 2), AT);
  }

  capturedLength(row: i32): i32 {
    return load<i32>(this.place(row, 2), CAPTURED_LENGTH);
  }

  wireLength(row: i32): u32 {
    return load<u32>(this.place(row, 2), WIRE_LENGTH);
  }

  /** LINKTYPE_ number of the interface that captured the packet. */
  linkType(row: i32): u32 {
    return load<u16>(this.place(row, 1), LINK_TYPE);
  }

  set(row: i32, at: usize, capturedLength: u32, wireLength: u32, timeUs: f64, linkType: u32): void {
    store<f64>(this.place(row, 3), timeUs, TIME_US);
    store<u32>(this.place(row, 2), <u32>at, AT);
    store<u32>(this.place(row, 2), capturedLength, CAPTURED_LENGTH);
    store<u32>(this.place(row, 2), wireLength, WIRE_LENGTH);
    store<u16>(this.place(row, 1), <u16>linkType, LINK_TYPE);
  }

  /** Where a row of a column begins, whose numbers have 2^shift bytes, but for the column's own place. */
  private place(row: i32, shift: usize): usize {
    return changetype<usize>(this) + ((<usize>row) << shift);
  }
}
