/** `--workers`: the threads that track flows. */
import { existsSync } from 'node:fs';
import { AssemblyTracker } from '../dataplane/host/assembly-tracker.ts';
import type { Tracker } from '../dataplane/tracker.ts';
import type { LinkIdentity } from '../dataplane/wire/link-identity.ts';
import { SHARD_WORKER, ShardPool } from '../pipeline/workers/shard-pool.ts';
import { WorkerTracker } from '../pipeline/workers/worker-tracker.ts';

/** The flags of `replay` and `run` on which a tracker depends. */
export interface TrackerFlags {
  readonly maxFlows: number;
  readonly linkIdentity: LinkIdentity;
  readonly flows?: string;
  readonly vpnOnly?: boolean;
  /** A report of a replay counts all flows. */
  readonly report?: string;
}

/** A tracker, and what ends its threads. */
export interface RunningTracker {
  readonly tracker: Tracker;
  stop(): Promise<void>;
}

/** Tracks flows in this thread, or starts threads that do. `workers`: threads in all; this one decides. */
export function startTracker(workers: number, flags: TrackerFlags): RunningTracker {
  const { maxFlows, linkIdentity } = flags;
  // A worker thread cannot load the TypeScript source that tests run.
  if (workers === 1 || !existsSync(SHARD_WORKER)) {
    const tracker = new AssemblyTracker(maxFlows, linkIdentity);
    return { tracker, stop: () => Promise.resolve() };
  }
  const reportsAllFlowEnds = flags.report !== undefined || (flags.flows !== undefined && flags.vpnOnly !== true);
  const pool = new ShardPool(workers - 1, maxFlows, reportsAllFlowEnds);
  return { tracker: new WorkerTracker(pool, linkIdentity), stop: () => pool.stop() };
}
