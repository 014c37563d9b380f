import type { FuzzedFrame } from './damage-frame.mjs';
import type { InputRandom } from './random.mjs';

export function wrap(frame: FuzzedFrame, number: number, random: InputRandom): FuzzedFrame;
