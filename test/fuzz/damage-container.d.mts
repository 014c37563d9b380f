import type { InputRandom } from './random.mjs';

export function damageContainer(bytes: Buffer, random: InputRandom, other: Buffer): Buffer;
