/** Captures of frames of the committed ones, damaged: what both dataplanes, and any number of threads, are fed. */
import { openCapture } from '../../src/capture/format/open-capture.ts';
import { PacketBatch } from '../../src/capture/packet-batch.ts';
import { type TimedFrame, writeContainer } from '../fuzz/container.mjs';
import { damageContainer } from '../fuzz/damage-container.mjs';
import { damageSequence, MOST_FRAMES } from '../fuzz/damage-sequence.mjs';
import type { InputRandom } from '../fuzz/random.mjs';
import { committedCaptures, ROOT } from '../kit/committed-captures.ts';

/** Frames taken of a capture. */
const WINDOW = 60;
/** Frames of each committed capture that has any. */
export async function committedFrames(): Promise<TimedFrame[][]> {
  const seeds: TimedFrame[][] = [];
  for (const path of await committedCaptures()) {
    const frames = await framesOf(`${ROOT}/${path}`);
    if (frames.length > 0) seeds.push(frames);
  }
  return seeds;
}

async function framesOf(path: string): Promise<TimedFrame[]> {
  const batch = new PacketBatch();
  const frames: TimedFrame[] = [];
  const capture = openCapture(path);
  while (frames.length < 400 && (await capture.read(batch))) {
    for (let row = 0; row < batch.count; row++) {
      const bytes = Buffer.from(new Uint8Array(batch.data.buffer, batch.at[row], batch.capturedLength[row]));
      const time = BigInt(Math.round(batch.timeUs[row]!)) * 1000n;
      frames.push({ time, bytes, original: batch.wireLength[row]!, link: batch.linkType[row]! });
    }
  }
  await capture.close();
  return frames;
}

function windowOf(frames: readonly TimedFrame[], random: InputRandom): TimedFrame[] {
  const count = random.between(1, WINDOW);
  const at = random.chance(0.5) ? 0 : random.below(Math.max(1, frames.length - count + 1));
  return frames.slice(at, at + count);
}

/** A capture of frames of one to three captures, one after the other or packet by packet, damaged. */
export function damagedCapture(seeds: readonly TimedFrame[][], random: InputRandom): Buffer {
  const pieces = Array.from({ length: random.between(1, 3) }, () => windowOf(random.pick(seeds), random));
  const frames = random.chance(0.5)
    ? pieces.flat()
    : pieces
        .flatMap((piece) => piece.map((frame, number) => ({ frame, number })))
        .sort((a, b) => a.number - b.number)
        .map(({ frame }) => frame);
  const written = writeContainer(damageSequence(frames.slice(0, MOST_FRAMES), random), random);
  return random.chance(0.15) ? damageContainer(written, random, Buffer.alloc(0)) : written;
}
