/** How many threads a replay works in. */
import { existsSync } from 'node:fs';
import { DECODE_WORKER, DecodeAhead } from '../engine/decode-ahead.ts';

/** Starts the thread that reads and decodes captures ahead; null where one thread is to do it all. */
export function startAhead(workers: number): DecodeAhead | null {
  // As tests run it, this program is no file that a thread could load.
  return workers === 1 || !existsSync(DECODE_WORKER) ? null : new DecodeAhead();
}
