/** Writes checkpoints in a thread of its own, one after the other: packets must not wait for the disk. */
import { parentPort, workerData } from 'node:worker_threads';
import { type CheckpointPlace, saveCheckpoint } from './checkpoint-files.ts';

/** A checkpoint to be written. */
export interface CheckpointRequest {
  readonly rules: string;
  readonly pieces: readonly Uint8Array[];
}

const place = workerData as CheckpointPlace;

parentPort!.on('message', ({ rules, pieces }: CheckpointRequest) => {
  parentPort!.postMessage(saveCheckpoint(place, rules, () => pieces));
});
