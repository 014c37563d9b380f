/**
 * A batch of packets: columns of numbers over one block of bytes. A packet is a row number, never an object.
 *
 * Invariants, for every row i < count:
 * - `at[i] + capturedLength[i] <= data.byteLength`;
 * - `capturedLength[i] <= wireLength[i]` (the reader corrects a file that violates this);
 * - `timeUs[i]` is a finite number >= 0.
 * The bytes belong to the reader and are valid until its next `read`, so no reference to them may be kept.
 *
 * The compiled dataplane fills and reads batches of BATCH_CAPACITY in its memory, so the layout of the columns is the
 * same there (dataplane/assembly/record/packet-batch).
 */
import type { Micros } from '../core/units.ts';
import { micros } from '../core/units.ts';

/** Rows per batch: few enough for the columns to stay in the cache, and enough to amortise the work per batch. */
export const BATCH_CAPACITY = 2048;

const NO_BYTES = new DataView(new ArrayBuffer(0));

export class PacketBatch {
  count = 0;
  data: DataView = NO_BYTES;
  readonly capacity: number;
  /** Offset of the first captured byte in `data`. */
  readonly at: Uint32Array;
  /** Captured bytes. */
  readonly capturedLength: Uint32Array;
  /** Bytes on the wire. */
  readonly wireLength: Uint32Array;
  /** Packet time, microseconds since 1970; nanoseconds are truncated. */
  readonly timeUs: Float64Array;
  /** LINKTYPE_ number of the interface that captured the packet. */
  readonly linkType: Uint16Array;

  /** The columns are in `memory` from an offset on, by default in new memory. */
  constructor(
    capacity: number = BATCH_CAPACITY,
    memory: ArrayBufferLike = new ArrayBuffer(PacketBatch.byteLength(capacity)),
    offset = 0,
  ) {
    this.capacity = capacity;
    this.timeUs = new Float64Array(memory, offset, capacity);
    this.at = new Uint32Array(memory, offset + 8 * capacity, capacity);
    this.capturedLength = new Uint32Array(memory, offset + 12 * capacity, capacity);
    this.wireLength = new Uint32Array(memory, offset + 16 * capacity, capacity);
    this.linkType = new Uint16Array(memory, offset + 20 * capacity, capacity);
  }

  static byteLength(capacity: number): number {
    return 22 * capacity;
  }

  get full(): boolean {
    return this.count === this.capacity;
  }

  /** Removes all rows and sets the block that contains the next rows. */
  reset(data: DataView): void {
    this.count = 0;
    this.data = data;
  }

  /** Adds a row. The caller keeps the invariants and has checked `full`. */
  push(at: number, capturedLength: number, wireLength: number, timeUs: number, linkType: number): void {
    const row = this.count++;
    this.at[row] = at;
    this.capturedLength[row] = capturedLength;
    this.wireLength[row] = wireLength;
    this.timeUs[row] = timeUs;
    this.linkType[row] = linkType;
  }

  /** Removes the first rows. */
  dropFirst(count: number): void {
    for (const column of [this.at, this.capturedLength, this.wireLength, this.timeUs, this.linkType]) {
      column.copyWithin(0, count, this.count);
    }
    this.count -= count;
  }

  /** Takes the rows of another batch, which fit, in place of its own. The bytes that they are in stay the same. */
  copyRows({ count, at, capturedLength, wireLength, timeUs, linkType }: PacketBatch): void {
    this.count = count;
    for (let row = 0; row < count; row++) {
      this.at[row] = at[row]!;
      this.capturedLength[row] = capturedLength[row]!;
      this.wireLength[row] = wireLength[row]!;
      this.timeUs[row] = timeUs[row]!;
      this.linkType[row] = linkType[row]!;
    }
  }

  timeOf(row: number): Micros {
    return micros(this.timeUs[row]!);
  }
}
