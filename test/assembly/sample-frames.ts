/** Frames of the committed captures, of the vectors, of attacks, and of the public captures where they are: what differential tests begin with. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Capture, captureOf, openCapture } from '../../src/capture/format/open-capture.ts';
import { listCaptures } from '../../src/capture/input/list-captures.ts';
import { PacketBatch } from '../../src/capture/packet-batch.ts';
import { committedCaptures, ROOT } from '../kit/committed-captures.ts';
import { MemoryFile } from '../kit/read-all.ts';
import { readFrames } from '../kit/vector-pages.ts';
import { attackBeginnings } from './attack-beginnings.ts';

export interface SampleFrame {
  readonly bytes: Buffer;
  /** Bytes on the wire. */
  readonly original: number;
  readonly link: number;
}

/** Up to `most` frames of each committed capture, damaged ones as far as they go. */
export async function committedFrames(most: number): Promise<SampleFrame[]> {
  const frames: SampleFrame[] = [];
  for (const path of await committedCaptures())
    frames.push(...(await framesOf(openCapture(resolve(ROOT, path)), most)));
  return frames;
}

/** Up to `most` frames of each capture of the public corpus; none where it is not beside the checkout. */
export async function publicFrames(most: number): Promise<SampleFrame[]> {
  const folder = resolve(ROOT, '../shared/corpus/captures');
  if (!existsSync(folder)) return [];
  const frames: SampleFrame[] = [];
  for (const path of (await listCaptures([folder])).paths) frames.push(...(await framesOf(openCapture(path), most)));
  return frames;
}

/** The first frames of each attack (test/attack). */
export async function attackFrames(most: number): Promise<SampleFrame[]> {
  const frames: SampleFrame[] = [];
  for (const [name, bytes] of attackBeginnings(100_000))
    frames.push(...(await framesOf(captureOf(name, new MemoryFile(bytes)), most)));
  return frames;
}

/** The vectors that are frames. */
export function vectorFrames(): SampleFrame[] {
  return readFrames().map(({ bytes, wireLength, linkType }) => ({
    bytes: Buffer.from(bytes),
    original: wireLength,
    link: linkType,
  }));
}

const batch = new PacketBatch();

async function framesOf(capture: Capture, most: number): Promise<SampleFrame[]> {
  const frames: SampleFrame[] = [];
  while (frames.length < most && (await capture.read(batch))) {
    for (let row = 0; row < batch.count && frames.length < most; row++) {
      const bytes = new Uint8Array(batch.data.buffer, batch.at[row], batch.capturedLength[row]);
      frames.push({ bytes: Buffer.from(bytes), original: batch.wireLength[row]!, link: batch.linkType[row]! });
    }
  }
  await capture.close();
  return frames;
}
