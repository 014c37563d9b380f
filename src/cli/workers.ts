/** Chooses and starts the threads of a replay. */
import { existsSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { SHARD_WORKER, ShardPool } from '../pipeline/workers/shard-pool.ts';

/**
 * Size in bytes above which two threads are faster than one on two cores. On smaller captures two threads also compile
 * their code twice, and one thread leaves the second core to the compiler.
 */
const WORTH_TWO_THREADS = 500_000_000;

/** Two threads if all captures together exceed the measured size, else one. More than two only on request. */
export function fittingWorkers(captures: readonly string[], cores: number = availableParallelism()): number {
  if (cores === 1) return 1;
  // Only regular files have a size.
  const sizes = captures.map((path) => statSync(path, { throwIfNoEntry: false })?.size ?? 0);
  return sizes.reduce((sum, size) => sum + size, 0) >= WORTH_TWO_THREADS ? 2 : 1;
}

/** Starts the threads that track flows; null if this thread does everything. */
export function startShards(workers: number, flowCapacity: number, reportsAllFlowEnds: boolean): ShardPool | null {
  // A worker thread cannot load the TypeScript source that tests run.
  if (workers === 1 || !existsSync(SHARD_WORKER)) return null;
  return new ShardPool(workers - 1, flowCapacity, reportsAllFlowEnds);
}
