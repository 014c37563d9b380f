/** The memory into which packets are read: batches, and the blocks that have their bytes. */
import type { BlockLender } from './input/block-reader.ts';
import type { PacketBatch } from './packet-batch.ts';

export interface BatchMemory {
  /** Lends the blocks; null if any memory will do. */
  readonly lender: BlockLender | null;
  /** The batch to fill next. */
  nextBatch(): PacketBatch | Promise<PacketBatch>;
}
