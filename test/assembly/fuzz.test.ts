/**
 * The tracker, fed whole batches and pieces of them, over damaged sequences of frames and damaged captures. FUZZ_SECONDS=1200 goes on
 * for so long, FUZZ_SEED=7 begins elsewhere, FUZZ_BUILD=debug has the pieces tracked by the build that checks each access; an input is
 * named by seed and index.
 */
import { describe, expect, it } from 'vitest';
import { captureOf } from '../../src/capture/format/open-capture.ts';
import { PacketBatch } from '../../src/capture/packet-batch.ts';
import { InputRandom } from '../fuzz/random.mjs';
import { committedFrames, damagedCapture } from './damaged-captures.ts';
import { MemoryFile } from '../kit/read-all.ts';
import { TrackerPair } from './tracker-pair.ts';
import type { Build } from './compiled.ts';

const SECONDS = Number(process.env.FUZZ_SECONDS ?? 0);
const SEED = Number(process.env.FUZZ_SEED ?? 1);
const BUILD = (process.env.FUZZ_BUILD ?? 'release') as Build;
/** Inputs of a run that has no end in seconds. */
const INPUTS = 400;
/** Claims of longer frames are cut in dataplane/assembly (layer-walk). */
const LARGEST_WIRE_LENGTH = 0x4000_0000;

async function trackInput(pairs: readonly TrackerPair[], input: Buffer, random: InputRandom): Promise<void> {
  const batch = new PacketBatch();
  for (const both of pairs) both.begin(random.chance(0.5));
  const capture = captureOf('input', new MemoryFile(input));
  while (await capture.read(batch)) {
    for (let row = 0; row < batch.count; row++)
      batch.wireLength[row] = Math.min(batch.wireLength[row]!, LARGEST_WIRE_LENGTH);
    for (const both of pairs) both.track(batch);
  }
  await capture.close();
  for (const both of pairs) both.finish();
}

describe('damaged captures', () => {
  it(
    'are the same to a tracker of whole batches and to one of pieces',
    async () => {
      const random = new InputRandom(SEED, 0);
      const pairs = [
        await TrackerPair.make({ capacity: 8, seed: 5, hasDomain: true, stopsAtEvents: true, build: BUILD }, random),
        await TrackerPair.make(
          { capacity: 300, seed: 6, hasDomain: false, stopsAtEvents: false, build: BUILD },
          random,
        ),
      ];
      const seeds = await committedFrames();
      const end = Date.now() + SECONDS * 1000;
      let index = 1;
      for (; SECONDS > 0 ? Date.now() < end : index <= INPUTS; index++) {
        const ofInput = new InputRandom(SEED, index);
        const input = damagedCapture(seeds, ofInput);
        await trackInput(pairs, input, ofInput).catch((error: unknown) => {
          throw new Error(`seed ${SEED}, input ${index}: ${String(error)}`, { cause: error });
        });
      }
      const events = pairs[0]!.eventCount + pairs[1]!.eventCount;
      if (SECONDS > 0) console.info(`seed ${SEED}: ${index - 1} inputs, ${events} events, no difference`);
      if (BUILD === 'release') for (const both of pairs) expect(both.hasWholeGuards).toBe(true);
      expect(events).toBeGreaterThan(index);
    },
    SECONDS * 1000 + 240_000,
  );
});
