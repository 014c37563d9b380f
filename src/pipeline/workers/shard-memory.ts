/**
 * What the threads of a replay share: the engine's thread reads and decodes packets into batches that go round in a
 * ring; the threads of shards (shard-worker) follow the flows of these packets, each its own flows, and say what is new
 * in reports, which the engine's thread decides in the order of packets. No byte of a packet is copied: batches point
 * into the reader's blocks.
 *
 *     read, decode ──► batches ──► shard 0: flows, fingerprints ──► reports ──┐
 *          ▲                  └──► shard 1: flows, fingerprints ──► reports ──┤
 *          └──────────────── decide: tunnels, decisions, events ◄──────────────┘
 *
 * A batch's memory is used again once its reports are decided. Counters of batches only grow, modulo 2^32.
 */
import { sharedBlock, type Block } from '../../capture/input/block.ts';
import { BLOCK_LENGTH } from '../../capture/input/block-reader.ts';
import { BATCH_CAPACITY, PacketBatch } from '../../capture/packet-batch.ts';
import { DecodedPackets } from '../../dataplane/wire/decoded-packets.ts';

/** Batches under way at a time: enough that no thread waits for another's slow moments. */
export const BATCHES = 32;
/** A block for each batch, the one that is read from and the one that is read into. */
const BLOCKS = BATCHES + 2;

/** What a batch says: here are packets; the capture is over; so is everything. */
export const BatchKind = { PACKETS: 0, CAPTURE_END: 1, STOP: 2 } as const;
export type BatchKind = (typeof BatchKind)[keyof typeof BatchKind];

/**
 * Words that all threads look at: how many batches are handed out, whether a shard has failed; then for each batch
 * those of BatchWord.
 */
export const Control = { PUBLISHED: 0, FAILED: 1, BATCHES: 4 } as const;
export const BatchWord = { KIND: 0, COUNT: 1, BLOCK: 2 } as const;
export const BATCH_WORDS = 4;

/**
 * Set before a capture's first batch is handed out: packets of known flows are reported from the first batch on that
 * has a packet whose time is not between these.
 */
export const NoChange = { FROM: 0, UNTIL: 1 } as const;

/** The shared memory itself, as it is handed to a thread. */
export interface SharedMemory {
  /** Of the flow tables' hashes. */
  readonly seed: number;
  readonly control: SharedArrayBuffer;
  /** Packets of the capture before each batch. */
  readonly packetsBefore: SharedArrayBuffer;
  /** Packet times between which the deciding thread has nothing to say of packets: by NoChange. */
  readonly noChange: SharedArrayBuffer;
  readonly batches: readonly { readonly columns: SharedArrayBuffer; readonly rows: SharedArrayBuffer }[];
  readonly blocks: readonly SharedArrayBuffer[];
}

export function newSharedMemory(seed: number): SharedMemory {
  return {
    seed,
    control: new SharedArrayBuffer((Control.BATCHES + BATCHES * BATCH_WORDS) * 4),
    packetsBefore: new SharedArrayBuffer(BATCHES * 8),
    noChange: new SharedArrayBuffer(2 * 8),
    batches: Array.from({ length: BATCHES }, () => ({
      columns: new SharedArrayBuffer(PacketBatch.byteLength(BATCH_CAPACITY)),
      rows: new SharedArrayBuffer(DecodedPackets.byteLength(BATCH_CAPACITY)),
    })),
    blocks: Array.from({ length: BLOCKS }, () => new SharedArrayBuffer(BLOCK_LENGTH)),
  };
}

/** The shared memory as a thread sees it. */
export class SharedBatches {
  readonly control: Int32Array;
  readonly packetsBefore: Float64Array;
  readonly noChange: Float64Array;
  readonly batches: readonly PacketBatch[];
  readonly rows: readonly DecodedPackets[];
  readonly blocks: readonly Block[];

  constructor(memory: SharedMemory) {
    this.control = new Int32Array(memory.control);
    this.packetsBefore = new Float64Array(memory.packetsBefore);
    this.noChange = new Float64Array(memory.noChange);
    this.batches = memory.batches.map(({ columns }) => new PacketBatch(BATCH_CAPACITY, columns));
    this.rows = memory.batches.map(({ rows }) => new DecodedPackets(BATCH_CAPACITY, rows));
    this.blocks = memory.blocks.map((block) => sharedBlock(block));
  }

  /** Hands out the batch at a place, which is filled, to all shards. */
  publish(place: number, kind: BatchKind, packetsBefore: number): void {
    const { control } = this;
    const at = Control.BATCHES + place * BATCH_WORDS;
    const batch = this.batches[place]!;
    control[at + BatchWord.KIND] = kind;
    control[at + BatchWord.COUNT] = batch.count;
    control[at + BatchWord.BLOCK] = this.blocks.findIndex((block) => block.data === batch.data);
    this.packetsBefore[place] = packetsBefore;
    Atomics.add(control, Control.PUBLISHED, 1);
    Atomics.notify(control, Control.PUBLISHED);
  }

  /** What the batch at a place, which was handed out, says. */
  kindAt(place: number): BatchKind {
    return this.control[Control.BATCHES + place * BATCH_WORDS + BatchWord.KIND] as BatchKind;
  }

  /** The batch at a place, which was handed out by another thread. */
  open(place: number): PacketBatch {
    const at = Control.BATCHES + place * BATCH_WORDS;
    const batch = this.batches[place]!;
    batch.reset(this.blocks[this.control[at + BatchWord.BLOCK]!]!.data);
    batch.count = this.control[at + BatchWord.COUNT]!;
    return batch;
  }
}

/** What the thread of a shard is given. */
export interface ShardSetup {
  readonly shared: SharedMemory;
  readonly shard: number;
  readonly shardCount: number;
  readonly flowCapacity: number;
  /** Whether ends are wanted of all flows, not only of those that were reported. */
  readonly reportsAllFlowEnds: boolean;
  /** Its reports (event-queue), and its counts at a capture's end (shard-counts). */
  readonly reports: SharedArrayBuffer;
  readonly counts: SharedArrayBuffer;
  /** What all shards know of one another's numbers of flows (shared-flow-limit). */
  readonly flowLimit: SharedArrayBuffer;
}
