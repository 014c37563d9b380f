/** How many threads a replay works in. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { DECODE_WORKER, DecodeAhead } from '../engine/decode-ahead.ts';
import { totalSize } from './progress.ts';

/** Captures of fewer octets are done before another thread has well begun. */
const WORTH_A_THREAD = 64_000_000;

/** Starts the thread that reads and decodes these captures ahead; null where one thread is to do it all. */
export async function startAhead(paths: readonly string[], workers: number | undefined): Promise<DecodeAhead | null> {
  // As tests run it, this program is no file that a thread could load.
  if (workers === 1 || !existsSync(DECODE_WORKER)) return null;
  if (workers === undefined && (availableParallelism() === 1 || (await totalSize(paths)) < WORTH_A_THREAD)) return null;
  return new DecodeAhead();
}
