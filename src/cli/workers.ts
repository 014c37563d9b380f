/** How many threads a replay works in. */
import { existsSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { SHARD_WORKER, ShardPool } from '../shards/shard-pool.ts';

/** Octets of a capture from which on two threads are faster than one, by far: below, a second one has hardly started when all is done. */
const WORTH_TWO_THREADS = 50_000_000;

/** As measured: two threads where a capture is that large, else one, as for what has no size. More than two are only taken when asked for. */
export function fittingWorkers(captures: readonly string[]): number {
  if (availableParallelism() === 1) return 1;
  return captures.some((path) => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) >= WORTH_TWO_THREADS) ? 2 : 1;
}

/** Starts the threads that follow flows, beside this one; null where this one is to do it all. */
export function startShards(workers: number, flowCapacity: number, tellsAllEnds: boolean): ShardPool | null {
  // As tests run it, this program is no file that a thread could load.
  if (workers === 1 || !existsSync(SHARD_WORKER)) return null;
  return new ShardPool(workers - 1, flowCapacity, tellsAllEnds);
}
