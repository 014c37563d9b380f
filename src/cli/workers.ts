/** How many threads a replay works in. */
import { existsSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { SHARD_WORKER, ShardPool } from '../pipeline/workers/shard-pool.ts';

/**
 * Octets from which on two threads are faster than one where there are two cores: before that they compile their code while a single one
 * leaves the second core to the compiler.
 */
const WORTH_TWO_THREADS = 500_000_000;

/** As measured: two threads where all captures together are that large, else one. More than two are only taken when asked for. */
export function fittingWorkers(captures: readonly string[], cores: number = availableParallelism()): number {
  if (cores === 1) return 1;
  // What is no file has no size.
  const sizes = captures.map((path) => statSync(path, { throwIfNoEntry: false })?.size ?? 0);
  return sizes.reduce((sum, size) => sum + size, 0) >= WORTH_TWO_THREADS ? 2 : 1;
}

/** Starts the threads that follow flows, beside this one; null where this one is to do it all. */
export function startShards(workers: number, flowCapacity: number, reportsAllFlowEnds: boolean): ShardPool | null {
  // As tests run it, this program is no file that a thread could load.
  if (workers === 1 || !existsSync(SHARD_WORKER)) return null;
  return new ShardPool(workers - 1, flowCapacity, reportsAllFlowEnds);
}
