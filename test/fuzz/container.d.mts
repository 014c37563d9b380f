import type { InputRandom } from './random.mjs';

export interface TimedFrame {
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  readonly bytes: Buffer;
  /** Bytes on the wire. */
  readonly original: number;
  readonly link: number;
}

export function writeContainer(frames: readonly TimedFrame[], random: InputRandom): Buffer;
export function compress(bytes: Buffer, random: InputRandom): Buffer;
