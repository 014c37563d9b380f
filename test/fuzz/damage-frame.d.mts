import type { InputRandom } from './random.mjs';

export interface FuzzedFrame {
  readonly bytes: Buffer;
  /** Bytes on the wire. */
  readonly original: number;
  readonly link: number;
}

export function damageFrame(frame: FuzzedFrame, random: InputRandom): FuzzedFrame;
