/**
 * Captures read and decoded in a thread of their own, ahead of the engine: packets come as batches in shared memory, in order, so
 * what the engine makes of them is what it makes of its own reading. This is the engine's side; decode-worker is the other.
 *
 * Why stages and not shards of flows: a tunnel may join any two flows (a roaming peer, IKE and its ESP), a policy's buckets and
 * limits span all of them, and events stand in the order of packets. Reading and decoding is what needs none of that.
 *
 * The memory: BATCHES batches go round between the threads, each with its packets' decoded rows. Octets lie in BLOCKS blocks of the
 * reader; a block is read into again once every batch with rows in it has come back.
 */
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { NO_FAULT } from '../capture/capture-end.ts';
import { BATCH_CAPACITY, PacketBatch } from '../capture/packet-batch.ts';
import type { CaptureEnd } from '../capture/packet-source.ts';
import { newSeed } from '../flow/flow-table.ts';
import { DecodedPackets } from '../wire/decoded-packets.ts';
import type { BatchSource } from './batch-source.ts';

/** Batches that go round: enough that neither thread waits for the other's slow moments. */
export const BATCHES = 8;
export const BLOCKS = 5;

/** What a batch lies in, both columns and rows. */
export interface SharedBatch {
  readonly columns: SharedArrayBuffer;
  readonly rows: SharedArrayBuffer;
}

/** What the engine tells the worker: to open a capture, that a batch is done with, to let the capture go. */
export type ToWorker = { readonly open: string } | { readonly done: number } | { readonly close: true };

/** What the worker tells: a block's memory before its first use, a batch, how the capture ended, that it is let go. */
export type FromWorker =
  | { readonly block: number; readonly memory: SharedArrayBuffer }
  | { readonly batch: number; readonly count: number; readonly block: number }
  | { readonly end: CaptureEnd }
  | { readonly closed: true };

const WORKER = new URL('./decode-worker.js', import.meta.url);

export class DecodeAhead {
  private readonly worker: Worker;
  private readonly batches: PacketBatch[] = [];
  private readonly rows: DecodedPackets[] = [];
  private readonly blocks: DataView[] = [];
  private readonly arrived: FromWorker[] = [];
  private failure: Error | null = null;
  private wake: () => void = () => undefined;
  /** The batch that the engine has, -1 for none. */
  private held = -1;

  /** False where this program is not compiled, as tests run it: its source has no file that a thread could load. */
  static get isThere(): boolean {
    return existsSync(WORKER);
  }

  /** For the hashes of the flow table that its packets are for. */
  readonly seed = newSeed();

  constructor() {
    const shared = Array.from({ length: BATCHES }, (): SharedBatch => ({
      columns: new SharedArrayBuffer(PacketBatch.byteLength(BATCH_CAPACITY)),
      rows: new SharedArrayBuffer(DecodedPackets.byteLength(BATCH_CAPACITY)),
    }));
    for (const { columns, rows } of shared) {
      this.batches.push(new PacketBatch(BATCH_CAPACITY, columns));
      this.rows.push(new DecodedPackets(BATCH_CAPACITY, rows));
    }
    this.worker = new Worker(WORKER, { workerData: { seed: this.seed, shared } });
    this.worker.on('message', (message: FromWorker) => {
      this.arrived.push(message);
      this.wake();
    });
    this.worker.on('error', (error: Error) => {
      this.failure = error;
      this.wake();
    });
  }

  open(path: string): AheadCapture {
    this.send({ open: path });
    return new AheadCapture(this);
  }

  /** Ends the thread. */
  async stop(): Promise<void> {
    await this.worker.terminate();
  }

  /** The next batch: its number, or how the capture ended. */
  async next(): Promise<number | CaptureEnd> {
    this.giveBack();
    for (;;) {
      const message = await this.receive();
      if ('memory' in message) {
        this.blocks[message.block] = new DataView(message.memory);
      } else if ('batch' in message) {
        const batch = this.batches[message.batch]!;
        batch.reset(this.blocks[message.block]!);
        batch.count = message.count;
        this.held = message.batch;
        return message.batch;
      } else if ('end' in message) {
        return message.end;
      }
    }
  }

  /** Lets the capture go, whatever of it is still to come. */
  async close(): Promise<void> {
    this.giveBack();
    this.send({ close: true });
    for (;;) {
      const message = await this.receive();
      if ('batch' in message) this.send({ done: message.batch });
      else if ('memory' in message) this.blocks[message.block] = new DataView(message.memory);
      else if ('closed' in message) return;
    }
  }

  batchAt(place: number): PacketBatch {
    return this.batches[place]!;
  }

  rowsAt(place: number): DecodedPackets {
    return this.rows[place]!;
  }

  private giveBack(): void {
    if (this.held >= 0) this.send({ done: this.held });
    this.held = -1;
  }

  private async receive(): Promise<FromWorker> {
    for (;;) {
      if (this.failure !== null) throw this.failure;
      const message = this.arrived.shift();
      if (message !== undefined) return message;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  private send(message: ToWorker): void {
    this.worker.postMessage(message);
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
