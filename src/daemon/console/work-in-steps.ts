/** Work for a page, in steps between which packets are processed. */
import { setImmediate } from 'node:timers/promises';

/** A turn of the event loop takes so long at most, plus one step. */
const TURN_MS = 2;

/** Repeats a step until it returns true. */
export async function inSteps(step: () => boolean): Promise<void> {
  for (;;) {
    const endMs = performance.now() + TURN_MS;
    do if (step()) return;
    while (performance.now() < endMs);
    await setImmediate();
  }
}
