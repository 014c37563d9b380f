/** Frames of the committed captures, of the vectors and of the public captures where they are: what differential tests begin with. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { openCapture } from '../../src/capture/format/open-capture.ts';
import { listCaptures } from '../../src/capture/input/list-captures.ts';
import { PacketBatch } from '../../src/capture/packet-batch.ts';
import { committedCaptures, ROOT } from '../kit/committed-captures.ts';
import { readFrames } from '../kit/vector-pages.ts';

export interface SampleFrame {
  readonly bytes: Buffer;
  /** Bytes on the wire. */
  readonly original: number;
  readonly link: number;
}

/** Up to `most` frames of each committed capture, damaged ones as far as they go. */
export async function committedFrames(most: number): Promise<SampleFrame[]> {
  const frames: SampleFrame[] = [];
  for (const path of await committedCaptures()) frames.push(...(await framesOf(resolve(ROOT, path), most)));
  return frames;
}

/** Up to `most` frames of each capture of the public corpus; none where it is not beside the checkout. */
export async function publicFrames(most: number): Promise<SampleFrame[]> {
  const folder = resolve(ROOT, '../shared/corpus/captures');
  if (!existsSync(folder)) return [];
  const frames: SampleFrame[] = [];
  for (const path of (await listCaptures([folder])).paths) frames.push(...(await framesOf(path, most)));
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

async function framesOf(path: string, most: number): Promise<SampleFrame[]> {
  const frames: SampleFrame[] = [];
  const capture = openCapture(path);
  while (frames.length < most && (await capture.read(batch))) {
    for (let row = 0; row < batch.count && frames.length < most; row++) {
      const bytes = new Uint8Array(batch.data.buffer, batch.at[row], batch.capturedLength[row]);
      frames.push({ bytes: Buffer.from(bytes), original: batch.wireLength[row]!, link: batch.linkType[row]! });
    }
  }
  await capture.close();
  return frames;
}
