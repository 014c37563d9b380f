import type { TimedFrame } from './container.mjs';
import type { InputRandom } from './random.mjs';

export const MOST_FRAMES: number;
export function damageSequence(frames: readonly TimedFrame[], random: InputRandom): TimedFrame[];
