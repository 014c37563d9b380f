/**
 * The memory that threads share. The deciding thread reads and decodes packets into batches, which are used in turn.
 * Each worker (shard-worker) tracks the flows of its share of the packets, and reports to the deciding thread, which
 * merges the reports into packet order. No byte of a packet is copied: batches point into the reader's blocks.
 *
 *     read, decode ──► batches ──► worker 0: flows, fingerprints ──► reports ──┐
 *          ▲                  └──► worker 1: flows, fingerprints ──► reports ──┤
 *          └──────────────── decide: tunnels, decisions, events ◄──────────────┘
 *
 * A batch's memory is used again once it was reported. Counters of batches only grow, modulo 2^32.
 */
import type { RecordMemory } from '../../capture/format/record-memory.ts';
import { BATCH_CAPACITY, PacketBatch } from '../../capture/packet-batch.ts';
import { DecodedPackets } from '../../dataplane/wire/decoded-packets.ts';

/** Batches under way at a time: enough to even out slow moments of a thread. */
export const BATCHES = 32;
/** One block for each batch, the one being read from, and the one being read into. */
export const BLOCKS = BATCHES + 2;

/** The content of a batch: packets, the end of the capture, or the end of the thread. */
export const BatchKind = { PACKETS: 0, CAPTURE_END: 1, STOP: 2 } as const;
export type BatchKind = (typeof BatchKind)[keyof typeof BatchKind];

/** Words of all threads: the number of batches handed out, the failure of a worker; then the BatchWords of each batch. */
export const Control = { PUBLISHED: 0, FAILED: 1, BATCHES: 4 } as const;
export const BatchWord = { KIND: 0, COUNT: 1 } as const;
export const BATCH_WORDS = 4;

/**
 * Packet times between which packets without a detection are not reported. Reports begin with the first batch that has
 * a packet outside. Set before a capture's first batch is handed out.
 */
export const NoChange = { FROM: 0, UNTIL: 1 } as const;

/** The shared memory, as a thread receives it. */
export interface SharedMemory {
  /** Seed of the hashes of all flow tables. */
  readonly seed: number;
  readonly control: SharedArrayBuffer;
  /** Packets of the capture before each batch. */
  readonly packetsBefore: SharedArrayBuffer;
  /** By how much packet times are greater from each batch on, in µs; 0 unless a clock was set. */
  readonly clockShiftUs: SharedArrayBuffer;
  /** By NoChange. */
  readonly noChange: SharedArrayBuffer;
  /** Linear memory: the blocks, and the columns of batches at these addresses. */
  readonly packets: WebAssembly.Memory;
  readonly columnsAt: readonly number[];
  /** The decoded packets of batches. */
  readonly rows: readonly SharedArrayBuffer[];
}

export function newSharedMemory(seed: number, records: RecordMemory): SharedMemory {
  const batches = Array.from({ length: BATCHES }, () => records.newBatch());
  return {
    seed,
    control: new SharedArrayBuffer((Control.BATCHES + BATCHES * BATCH_WORDS) * 4),
    packetsBefore: new SharedArrayBuffer(BATCHES * 8),
    clockShiftUs: new SharedArrayBuffer(BATCHES * 8),
    noChange: new SharedArrayBuffer(2 * 8),
    packets: records.dataplane.memory,
    columnsAt: batches.map((batch) => records.columnsOf(batch)!),
    rows: Array.from(batches, () => new SharedArrayBuffer(DecodedPackets.byteLength(BATCH_CAPACITY))),
  };
}

/** The shared memory as a thread sees it. */
export class SharedBatches {
  readonly control: Int32Array;
  readonly packetsBefore: Float64Array;
  readonly clockShiftUs: Float64Array;
  readonly noChange: Float64Array;
  readonly batches: readonly PacketBatch[];
  readonly rows: readonly DecodedPackets[];
  private readonly data: DataView;

  /** In the deciding thread the batches are those of its `records`. */
  constructor(memory: SharedMemory, records: RecordMemory | null = null) {
    const { buffer } = memory.packets;
    this.control = new Int32Array(memory.control);
    this.packetsBefore = new Float64Array(memory.packetsBefore);
    this.clockShiftUs = new Float64Array(memory.clockShiftUs);
    this.noChange = new Float64Array(memory.noChange);
    this.data = new DataView(buffer);
    this.batches = records?.batches ?? memory.columnsAt.map((at) => new PacketBatch(BATCH_CAPACITY, buffer, at));
    this.rows = memory.rows.map((rows) => new DecodedPackets(BATCH_CAPACITY, rows));
  }

  /** Hands out the filled batch at a place to all workers. */
  publish(place: number, kind: BatchKind, packetsBefore: number, clockShiftUs: number): void {
    const { control } = this;
    const at = Control.BATCHES + place * BATCH_WORDS;
    const batch = this.batches[place]!;
    control[at + BatchWord.KIND] = kind;
    control[at + BatchWord.COUNT] = batch.count;
    this.packetsBefore[place] = packetsBefore;
    this.clockShiftUs[place] = clockShiftUs;
    Atomics.add(control, Control.PUBLISHED, 1);
    Atomics.notify(control, Control.PUBLISHED);
  }

  /** The content of the batch at a place, which was handed out. */
  kindAt(place: number): BatchKind {
    return this.control[Control.BATCHES + place * BATCH_WORDS + BatchWord.KIND] as BatchKind;
  }

  /** The batch at a place, which was handed out by another thread. */
  open(place: number): PacketBatch {
    const at = Control.BATCHES + place * BATCH_WORDS;
    const batch = this.batches[place]!;
    batch.reset(this.data);
    batch.count = this.control[at + BatchWord.COUNT]!;
    return batch;
  }
}

/** What a worker receives at its start. */
export interface ShardSetup {
  readonly shared: SharedMemory;
  readonly shard: number;
  readonly shardCount: number;
  readonly flowCapacity: number;
  /** The ends of all flows are wanted, not only of those that were reported. */
  readonly reportsAllFlowEnds: boolean;
  /** Its reports (event-queue), and its counts (shard-counts). */
  readonly reports: SharedArrayBuffer;
  readonly counts: SharedArrayBuffer;
  /** The workers' numbers of flows (shared-flow-limit). */
  readonly flowLimit: SharedArrayBuffer;
}
