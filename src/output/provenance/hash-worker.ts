/** Hashes files in a separate thread, one after the other, and posts each result with the file's place in the list. */
import { parentPort, workerData } from 'node:worker_threads';
import { hashFile } from './file-hash.ts';

for (const [place, path] of (workerData as readonly string[]).entries()) {
  // A file that cannot be read has no hash: the caller says so.
  const hash = await hashFile(path).catch(() => null);
  parentPort?.postMessage({ place, hash });
}
