/** The memory into which packets are read: batches, and the blocks that have their bytes. */
import type { RecordMemory } from './format/record-memory.ts';
import type { PacketBatch } from './packet-batch.ts';

export interface BatchMemory {
  /** Where captures are read; null if any memory will do. */
  readonly records: RecordMemory | null;
  /** The batch to fill next. */
  nextBatch(): PacketBatch | Promise<PacketBatch>;
}
