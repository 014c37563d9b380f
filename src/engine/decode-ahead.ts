/**
 * Captures read and decoded in a thread of their own, ahead of the engine: packets come as batches in shared memory, in order, so
 * what the engine makes of them is what it makes of its own reading. This is the engine's side; decode-worker is the other.
 *
 * Why stages and not shards of flows: a tunnel may join any two flows (a roaming peer, IKE and its ESP), a policy's buckets and
 * limits span all of them, and events stand in the order of packets. Reading and decoding is what needs none of that.
 *
 * The memory: batches go round in a ring, each with its packets' decoded rows. The worker fills one that is empty, the engine
 * empties one that is full. Octets lie in the reader's blocks; one is read into again once every batch with rows in it is empty.
 */
import { Worker } from 'node:worker_threads';
import { sharedBlock } from '../capture/block.ts';
import { BLOCK_LENGTH } from '../capture/block-reader.ts';
import { NO_FAULT } from '../capture/capture-end.ts';
import { BATCH_CAPACITY, PacketBatch } from '../capture/packet-batch.ts';
import type { CaptureEnd } from '../capture/packet-source.ts';
import { newSeed } from '../flow/flow-table.ts';
import { DecodedPackets } from '../wire/decoded-packets.ts';
import type { BatchSource } from './batch-source.ts';
import { SettledFlows } from './settled-flows.ts';

/** Enough that neither thread waits for the other's slow moments. */
const BATCHES = 12;
/** So many that a block is free wherever a batch is, though each holds little more than one. */
const BLOCKS = BATCHES + 2;

/** State of a batch: END comes in the place of the batch behind the last. */
export const BatchState = { EMPTY: 0, FULL: 1, END: 2 } as const;

/** Words that both threads look at: whether the engine waits, whether it lets the capture go; then for each batch those of BatchWord. */
export const Control = { WAITING: 0, CLOSING: 1, BATCHES: 4 } as const;
export const BatchWord = { STATE: 0, COUNT: 1, BLOCK: 2 } as const;
export const BATCH_WORDS = 4;

/** What both threads share. */
export interface SharedMemory {
  readonly seed: number;
  readonly control: SharedArrayBuffer;
  readonly settled: SharedArrayBuffer;
  readonly batches: readonly { readonly columns: SharedArrayBuffer; readonly rows: SharedArrayBuffer }[];
  readonly blocks: readonly SharedArrayBuffer[];
}

/** What the engine tells the worker: to open a capture. */
export interface ToWorker {
  readonly open: string;
}

/** What the worker tells: that there is something for an engine that waits, how the capture ended, that it is let go. */
export type FromWorker = 'wake' | 'closed' | { readonly end: CaptureEnd };

/** The file of the worker, which is there once this program is compiled. */
export const DECODE_WORKER = new URL('./decode-worker.js', import.meta.url);

export class DecodeAhead {
  /** For the hashes of the flow table that its packets are for. */
  readonly seed = newSeed();
  /** To be told of the engine's flows. */
  readonly settled: SettledFlows;

  private readonly worker: Worker;
  private readonly control = new Int32Array(new SharedArrayBuffer((Control.BATCHES + BATCHES * BATCH_WORDS) * 4));
  private readonly batches: PacketBatch[] = [];
  private readonly rows: DecodedPackets[] = [];
  private readonly blocks: DataView[] = [];
  /** The batch whose turn it is. */
  private turn = 0;
  private isHeld = false;
  private end: CaptureEnd | null = null;
  private isClosed = false;
  private failure: Error | null = null;
  private wake: () => void = () => undefined;

  constructor() {
    const shared: SharedMemory = {
      seed: this.seed,
      control: this.control.buffer,
      settled: new SharedArrayBuffer(SettledFlows.byteLength),
      batches: Array.from({ length: BATCHES }, () => ({
        columns: new SharedArrayBuffer(PacketBatch.byteLength(BATCH_CAPACITY)),
        rows: new SharedArrayBuffer(DecodedPackets.byteLength(BATCH_CAPACITY)),
      })),
      blocks: Array.from({ length: BLOCKS }, () => new SharedArrayBuffer(BLOCK_LENGTH)),
    };
    this.settled = new SettledFlows(shared.settled);
    for (const { columns, rows } of shared.batches) {
      this.batches.push(new PacketBatch(BATCH_CAPACITY, columns));
      this.rows.push(new DecodedPackets(BATCH_CAPACITY, rows));
    }
    for (const memory of shared.blocks) this.blocks.push(sharedBlock(memory).data);
    this.worker = new Worker(DECODE_WORKER, { workerData: shared });
    this.worker.on('message', (message: FromWorker) => {
      if (typeof message === 'object') this.end = message.end;
      else if (message === 'closed') this.isClosed = true;
      this.wake();
    });
    this.worker.on('error', (error: Error) => {
      this.failure = error;
      this.wake();
    });
  }

  open(path: string): AheadCapture {
    this.turn = 0;
    this.end = null;
    this.isClosed = false;
    this.control.fill(0);
    const message: ToWorker = { open: path };
    this.worker.postMessage(message);
    return new AheadCapture(this);
  }

  /** Ends the thread. */
  async stop(): Promise<void> {
    await this.worker.terminate();
  }

  /** The place of the next batch, or how the capture ended. */
  async next(): Promise<number | CaptureEnd> {
    this.giveBack();
    const at = Control.BATCHES + this.turn * BATCH_WORDS;
    const { control } = this;
    while (Atomics.load(control, at + BatchWord.STATE) === BatchState.EMPTY) {
      Atomics.store(control, Control.WAITING, 1);
      if (Atomics.load(control, at + BatchWord.STATE) === BatchState.EMPTY) await this.message();
    }
    if (Atomics.load(control, at + BatchWord.STATE) === BatchState.END) {
      while (this.end === null) await this.message();
      return this.end;
    }
    this.isHeld = true;
    const batch = this.batches[this.turn]!;
    batch.reset(this.blocks[control[at + BatchWord.BLOCK]!]!);
    batch.count = control[at + BatchWord.COUNT]!;
    return this.turn;
  }

  /** Lets the capture go, whatever of it is still to come. */
  async close(): Promise<void> {
    Atomics.store(this.control, Control.CLOSING, 1);
    Atomics.notify(this.control, Control.CLOSING);
    for (let place = 0; place < BATCHES; place++) {
      const at = Control.BATCHES + place * BATCH_WORDS + BatchWord.STATE;
      Atomics.store(this.control, at, BatchState.EMPTY);
      Atomics.notify(this.control, at);
    }
    this.isHeld = false;
    while (!this.isClosed) await this.message();
  }

  batchAt(place: number): PacketBatch {
    return this.batches[place]!;
  }

  rowsAt(place: number): DecodedPackets {
    return this.rows[place]!;
  }

  private giveBack(): void {
    if (!this.isHeld) return;
    this.isHeld = false;
    const at = Control.BATCHES + this.turn * BATCH_WORDS + BatchWord.STATE;
    Atomics.store(this.control, at, BatchState.EMPTY);
    Atomics.notify(this.control, at);
    this.turn = (this.turn + 1) % BATCHES;
  }

  private async message(): Promise<void> {
    this.throwFailure();
    await new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    this.throwFailure();
  }

  private throwFailure(): void {
    if (this.failure !== null) throw this.failure;
  }
}

/** One capture of a DecodeAhead; they are read one after the other. */
export class AheadCapture implements BatchSource {
  end: CaptureEnd = NO_FAULT;
  batch: PacketBatch;
  decoded: DecodedPackets;
  private readonly ahead: DecodeAhead;

  constructor(ahead: DecodeAhead) {
    this.ahead = ahead;
    this.batch = ahead.batchAt(0);
    this.decoded = ahead.rowsAt(0);
  }

  /** Puts the next packets into `batch` and `decoded`; false at the end. */
  async read(): Promise<boolean> {
    const next = await this.ahead.next();
    if (typeof next !== 'number') {
      this.end = next;
      return false;
    }
    this.batch = this.ahead.batchAt(next);
    this.decoded = this.ahead.rowsAt(next);
    return true;
  }

  close(): Promise<void> {
    return this.ahead.close();
  }
}
