/** The workers of a deciding thread. They are started once, and used for one capture after the other. */
import { Worker } from 'node:worker_threads';
import type { Block } from '../../capture/input/block.ts';
import { RecordMemory } from '../../capture/format/record-memory.ts';
import { LinearDataplane } from '../../dataplane/host/linear-dataplane.ts';
import { newSeed } from '../../dataplane/flow/flow-table.ts';
import { ShardCounts } from './shard-counts.ts';
import { SharedFlowLimit, SMALLEST_SHARED_LIMIT } from './shared-flow-limit.ts';
import { BLOCKS, Control, newSharedMemory, SharedBatches, type ShardSetup } from './shard-memory.ts';
import { EventQueue } from './event-queue.ts';

/** The file of a worker, which exists once this program is compiled. */
export const SHARD_WORKER = new URL('./shard-worker.js', import.meta.url);

export class ShardPool {
  /** Seed of the hashes of all flow tables. */
  readonly seed = newSeed();
  readonly shared: SharedBatches;
  /** Where captures are read. */
  readonly records: RecordMemory;
  /** Returns once no batch under way is in a block. */
  waitFor: (block: Block) => void = () => undefined;
  readonly shardCount: number;
  readonly flowCapacity: number;
  /** By worker. */
  readonly reports: EventQueue[] = [];
  readonly counts: ShardCounts[] = [];
  /** Batches handed out so far, modulo 2^32. */
  published = 0;

  private readonly workers: Worker[] = [];
  private failure: Error | null = null;

  /** `threads` at most: with a small limit on flows, one worker tracks all. */
  constructor(threads: number, flowCapacity: number, reportsAllFlowEnds: boolean) {
    const shardCount = flowCapacity < SMALLEST_SHARED_LIMIT ? 1 : threads;
    this.shardCount = shardCount;
    this.flowCapacity = flowCapacity;
    this.records = new RecordMemory(new LinearDataplane(), {
      blockCount: BLOCKS,
      waitFor: (block) => {
        this.waitFor(block);
      },
    });
    const shared = newSharedMemory(this.seed, this.records);
    const flowLimit = new SharedArrayBuffer(SharedFlowLimit.byteLength(shardCount, flowCapacity));
    this.shared = new SharedBatches(shared, this.records);
    for (let shard = 0; shard < shardCount; shard++) {
      const reports = new SharedArrayBuffer(EventQueue.byteLength);
      const counts = new SharedArrayBuffer(ShardCounts.byteLength);
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
      this.counts.push(new ShardCounts(counts));
      const worker = new Worker(SHARD_WORKER, { workerData: setup });
      worker.on('error', (error: Error) => {
        this.failure = error;
      });
      this.workers.push(worker);
    }
  }

  /** Throws if a worker has failed. */
  check(): void {
    if (this.failure !== null) throw this.failure;
    if (Atomics.load(this.shared.control, Control.FAILED) === 1)
      throw new Error('a thread that tracks flows has failed');
  }

  /** Ends the threads. */
  async stop(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}
