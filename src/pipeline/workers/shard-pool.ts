/**
 * The threads of shards, as the thread that reads and decides has them: started once, for one capture after the other.
 */
import { Worker } from 'node:worker_threads';
import { newSeed } from '../../dataplane/flow/flow-table.ts';
import { COUNTS } from './shard-counts.ts';
import { SharedFlowLimit, SMALLEST_SHARED_LIMIT } from './shared-flow-limit.ts';
import { Control, newSharedMemory, SharedBatches, type ShardSetup } from './shard-memory.ts';
import { EventQueue } from './event-queue.ts';

/** The file of a shard's thread, which is there once this program is compiled. */
export const SHARD_WORKER = new URL('./shard-worker.js', import.meta.url);

export class ShardPool {
  /** Of the flow tables' hashes. */
  readonly seed = newSeed();
  readonly shared: SharedBatches;
  readonly shardCount: number;
  readonly flowCapacity: number;
  /** By shard. */
  readonly reports: EventQueue[] = [];
  readonly counts: Float64Array[] = [];
  /** Batches handed out so far, modulo 2^32. */
  published = 0;

  private readonly workers: Worker[] = [];
  private failure: Error | null = null;

  /** `threads` at most: a small limit on flows is for one shard. */
  constructor(threads: number, flowCapacity: number, reportsAllFlowEnds: boolean) {
    const shardCount = flowCapacity < SMALLEST_SHARED_LIMIT ? 1 : threads;
    this.shardCount = shardCount;
    this.flowCapacity = flowCapacity;
    const shared = newSharedMemory(this.seed);
    const flowLimit = new SharedArrayBuffer(SharedFlowLimit.byteLength(shardCount, flowCapacity));
    this.shared = new SharedBatches(shared);
    for (let shard = 0; shard < shardCount; shard++) {
      const reports = new SharedArrayBuffer(EventQueue.byteLength);
      const counts = new SharedArrayBuffer(COUNTS * 8);
      const setup: ShardSetup = {
        shared,
        shard,
        shardCount,
        flowCapacity,
        reportsAllFlowEnds,
        reports,
        counts,
        flowLimit,
      };
      this.reports.push(new EventQueue(reports));
      this.counts.push(new Float64Array(counts));
      const worker = new Worker(SHARD_WORKER, { workerData: setup });
      worker.on('error', (error: Error) => {
        this.failure = error;
      });
      this.workers.push(worker);
    }
  }

  /** Throws where a shard has failed. */
  check(): void {
    if (this.failure !== null) throw this.failure;
    if (Atomics.load(this.shared.control, Control.FAILED) === 1)
      throw new Error('a thread that follows flows has failed');
  }

  /** Ends the threads. */
  async stop(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}
