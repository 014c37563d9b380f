/**
 * Copies batches that are in other memory into linear memory: packets of a program that uses the library, and of tests.
 */
import type { RecordMemory } from '../../capture/format/record-memory.ts';
import type { PacketBatch } from '../../capture/packet-batch.ts';
import { address } from './linear-dataplane.ts';

const FIRST_LENGTH = 1 << 18;

export class BatchCopy {
  private readonly records: RecordMemory;
  private readonly batch: PacketBatch;
  /** Where bytes are copied to, and how many may be. */
  private bytesAt = 0;
  private length = 0;

  constructor(records: RecordMemory) {
    this.records = records;
    this.batch = records.ownBatch;
  }

  /** Where bytes are copied to. */
  get region(): { readonly at: number; readonly length: number } {
    return { at: this.bytesAt, length: this.length };
  }

  /** Copies a batch, and the bytes of its packets; returns the address of the copy's columns. */
  columnsOf(source: PacketBatch): number {
    const { batch, records } = this;
    if (source.count > batch.capacity) throw new RangeError(`a batch of ${source.count} rows, over ${batch.capacity}`);
    batch.copyRows(source);
    let from = Infinity;
    let to = 0;
    for (let row = 0; row < source.count; row++) {
      from = Math.min(from, source.at[row]!);
      to = Math.max(to, source.at[row]! + source.capturedLength[row]!);
    }
    if (to > from) this.copyBytes(source.data, from, to);
    for (let row = 0; row < source.count; row++) batch.at[row] = source.at[row]! - from + this.bytesAt;
    return records.columnsOf(batch)!;
  }

  private copyBytes({ buffer, byteOffset }: DataView, from: number, to: number): void {
    const { exports, memory } = this.records.dataplane;
    const length = to - from;
    if (length > this.length) {
      this.length = Math.max(FIRST_LENGTH, 2 * length);
      this.bytesAt = address(exports.takeRegion(this.length));
    }
    const bytes = new Uint8Array(memory.buffer, this.bytesAt, length);
    bytes.set(new Uint8Array(buffer, byteOffset + from, length));
  }
}
