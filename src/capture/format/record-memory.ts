/**
 * The memory of a compiled dataplane, as captures are read into it: blocks for the bytes of an input, and batches for
 * its packets, which the dataplane's readers of records fill (record-reader). One capture is read at a time.
 */
import { address, LinearDataplane } from '../../dataplane/host/linear-dataplane.ts';
import type { Block } from '../input/block.ts';
import { BLOCK_PAYLOAD_LENGTH, type BlockLender, LARGEST_RECORD_LENGTH } from '../input/block-reader.ts';
import { BATCH_CAPACITY, PacketBatch } from '../packet-batch.ts';

/** One to read from, and one to read into. */
const BLOCKS = 2;

/** Memories kept for the captures that are read next. */
const SPARE_LIMIT = 4;
const spares: RecordMemory[] = [];

export interface RecordMemoryOptions {
  /** Bytes per read. */
  readonly payloadLength?: number;
  readonly blockCount?: number;
  /** Blocks are in use elsewhere after their batch was read: returns once the content of one is no longer needed. */
  readonly waitFor?: ((block: Block) => void) | null;
}

export class RecordMemory implements BlockLender {
  readonly dataplane: LinearDataplane;
  readonly blocks: readonly Block[];
  /** The memory that the blocks are in. The rows of batches have offsets in it. */
  readonly data: DataView;
  readonly payloadLength: number;
  private readonly wait: ((block: Block) => void) | null;
  /** Batches that are in the memory, with the addresses of their columns. */
  private readonly columns = new Map<PacketBatch, number>();
  private own: PacketBatch | undefined;

  constructor(
    dataplane: LinearDataplane,
    { payloadLength = BLOCK_PAYLOAD_LENGTH, blockCount = BLOCKS, waitFor = null }: RecordMemoryOptions = {},
  ) {
    const length = LARGEST_RECORD_LENGTH + payloadLength;
    const places = Array.from({ length: blockCount }, () => address(dataplane.exports.takeRegion(length)));
    // Memory has grown: only now does its buffer hold all of it.
    const { buffer } = dataplane.memory;
    this.dataplane = dataplane;
    this.payloadLength = payloadLength;
    this.wait = waitFor;
    this.data = new DataView(buffer);
    this.blocks = places.map((at) => ({
      bytes: new Uint8Array(buffer, at, length),
      data: new DataView(buffer, at, length),
    }));
  }

  /** A memory of its own for a capture: one that was given back, or a new one. */
  static take(payloadLength: number = BLOCK_PAYLOAD_LENGTH): RecordMemory {
    const at = spares.findIndex((memory) => memory.payloadLength === payloadLength);
    if (at >= 0) return spares.splice(at, 1)[0]!;
    return new RecordMemory(new LinearDataplane(), { payloadLength });
  }

  /** Gives a memory back that `take` returned. */
  static give(memory: RecordMemory): void {
    spares.push(memory);
    if (spares.length > SPARE_LIMIT) spares.shift();
  }

  /** A batch whose columns are in this memory. */
  newBatch(): PacketBatch {
    const { exports, memory } = this.dataplane;
    const at = address(exports.takeBatch());
    const batch = new PacketBatch(BATCH_CAPACITY, memory.buffer, at);
    this.columns.set(batch, at);
    return batch;
  }

  /** All batches so far, in the order in which they were made. */
  get batches(): readonly PacketBatch[] {
    return [...this.columns.keys()];
  }

  /** The batch for packets of which the columns are to be elsewhere in the end. */
  get ownBatch(): PacketBatch {
    return (this.own ??= this.newBatch());
  }

  /** Where the blocks are, in bytes. */
  get regions(): readonly { readonly at: number; readonly length: number }[] {
    return this.blocks.map(({ bytes }) => ({ at: bytes.byteOffset, length: bytes.length }));
  }

  /** Address of a batch's columns; undefined where they are in another memory. */
  columnsOf(batch: PacketBatch): number | undefined {
    return this.columns.get(batch);
  }

  /** An input that is read at once needs one block: its bytes are then in the caches of the core that walks them. */
  lend(readsNow: boolean): readonly Block[] {
    return readsNow && this.wait === null ? this.blocks.slice(0, 1) : this.blocks;
  }

  waitFor(block: Block): void {
    this.wait?.(block);
  }
}
