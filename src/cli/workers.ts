/** How many threads a replay works in. */
import { availableParallelism } from 'node:os';
import { DecodeAhead } from '../engine/decode-ahead.ts';
import { totalSize } from './progress.ts';

/** Captures of fewer octets are done before another thread has well begun. */
const WORTH_A_THREAD = 64_000_000;

/** Starts the thread that reads and decodes these captures ahead; null where one thread is to do it all. */
export async function startAhead(paths: readonly string[], workers: number | undefined): Promise<DecodeAhead | null> {
  if (!DecodeAhead.isThere || workers === 1) return null;
  if (workers === undefined && (availableParallelism() === 1 || (await totalSize(paths)) < WORTH_A_THREAD)) return null;
  return new DecodeAhead();
}
