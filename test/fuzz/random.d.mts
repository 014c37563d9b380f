import { SeededRandom } from '../kit/random.mjs';

export class InputRandom extends SeededRandom {
  constructor(seed: number, index: number);
  override bytes(length: number): Buffer;
  edge(width: number, current: number): number;
}
