/** The threads of a deciding thread. They are started once, and used for one capture after the other. */
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { RecordMemory } from '../../capture/format/record-memory.ts';
import type { Block } from '../../capture/input/block.ts';
import { address, LinearDataplane, type SharedMemory } from '../../dataplane/host/linear-dataplane.ts';
import { newSeed } from '../../dataplane/host/hash-seed.ts';
import { BATCHES, Mark, newWork, SharedWork, type ThreadSetup } from './shared-work.ts';
import type { TrackingSetup } from './tracking-thread.ts';

/** More threads than these three have nothing to do: one decides, one decodes, one tracks flows. */
const MOST_DECODING_THREADS = 1;

/** Blocks that no batch under way is in: one to read from, and one to read into. */
const FREE_BLOCKS = 2;
/** Bytes that this thread may still take after the others have been started, and that each decoding thread has. */
const SPARE = 1 << 23;
const DECODING_SPARE = 1 << 20;

/** Beside the bundle; or, where the sources run, where the build puts it. */
function workerFile(name: string): URL {
  const bundled = new URL(`./${name}.js`, import.meta.url);
  return existsSync(bundled) ? bundled : new URL(`../../../dist/bin/${name}.js`, import.meta.url);
}

export interface ThreadsOptions {
  /** In all, with the deciding thread: 2 or more. */
  readonly threads: number;
  readonly flowCapacity: number;
  readonly hasDomain: boolean;
}

export class DataplaneThreads {
  readonly dataplane: LinearDataplane;
  readonly records: RecordMemory;
  readonly work: SharedWork;
  readonly flowCapacity: number;
  /** Where the memory of the tracking thread begins. */
  readonly trackingStart: number;
  /** Returns once no batch under way is in a block. */
  waitFor: (block: Block) => void = () => undefined;
  private readonly workers: Worker[] = [];
  private failure: string | null = null;
  private isStopping = false;

  constructor({ threads, flowCapacity, hasDomain }: ThreadsOptions) {
    const dataplane = new LinearDataplane();
    const waitFor = (block: Block): void => {
      this.waitFor(block);
    };
    const records = new RecordMemory(dataplane, { blockCount: BATCHES + FREE_BLOCKS, waitFor });
    const columns = Array.from({ length: BATCHES }, () => records.columnsOf(records.newBatch())!);
    const views = Array.from({ length: BATCHES }, () => address(dataplane.exports.takeViews()));
    const places = newWork(columns, views);
    const memory = dataplane.share(SPARE);
    this.dataplane = dataplane;
    this.records = records;
    this.work = new SharedWork(places);
    this.flowCapacity = flowCapacity;
    const decoding = Math.min(threads - 2, MOST_DECODING_THREADS);
    for (let thread = 0; thread < decoding; thread++)
      this.start('decoding-thread', { ...places, memory: beyond(memory, thread * DECODING_SPARE) });
    // The same place whatever the number of threads: a checkpoint of two fits three.
    const trackingMemory = beyond(memory, MOST_DECODING_THREADS * DECODING_SPARE);
    this.trackingStart = trackingMemory.heapStart;
    const tracking: TrackingSetup = {
      ...places,
      memory: trackingMemory,
      flowCapacity,
      seed: newSeed(),
      hasDomain,
    };
    // The last one in memory: it is the one that takes more as it goes.
    this.start('tracking-thread', tracking);
  }

  /** Why a thread has ended that should not; null while none has. */
  get failed(): string | null {
    // The reason comes in a turn of the event loop, and later than the mark.
    return this.failure ?? (this.work.mark(Mark.FAILED) === 1 ? 'an error of its own' : null);
  }

  /** Ends the threads. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }

  private start(name: string, workerData: ThreadSetup): void {
    const worker = new Worker(workerFile(name), { workerData });
    worker.on('error', (error: Error) => {
      this.failure ??= error.message;
    });
    worker.on('exit', (code) => {
      if (!this.isStopping) this.failure ??= `exit code ${code}`;
    });
    this.workers.push(worker);
  }
}

function beyond(memory: SharedMemory, offset: number): SharedMemory {
  return { ...memory, heapStart: memory.heapStart + offset };
}
