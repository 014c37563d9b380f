/** Seeded random choices: the same on every machine for the same seed and index, so that an input is named by two numbers. */
import { SeededRandom } from '../kit/random.mjs';

/** Values at which lengths, counts and sequence numbers go wrong. */
const EDGES = [
  0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 15, 16, 19, 20, 21, 24, 27, 28, 31, 32, 39, 40, 63, 64, 92, 127, 128, 148, 255,
];

export class InputRandom extends SeededRandom {
  constructor(seed, index) {
    super(seed);
    const mixed = Math.imul(Math.imul(seed, 0x9e3779b1) ^ (index + 1), 0x85ebca6b);
    this.state = (mixed ^ (mixed >>> 13) ^ Math.imul(seed, 0xc2b2ae35)) | 1;
    for (let i = 0; i < 4; i++) this.word();
  }

  bytes(length) {
    return this.fill(Buffer.alloc(length));
  }

  /** A number of `width` bytes that is more likely than others to break something; `current` is the one that is there. */
  edge(width, current) {
    const most = 2 ** (8 * width) - 1;
    switch (this.below(8)) {
      case 0:
        return current < most ? current + 1 : 0;
      case 1:
        return current > 0 ? current - 1 : most;
      case 2:
        return this.pick([0, most, most - 1, (most + 1) / 2, (most - 1) / 2]);
      case 3:
        return (current * 2) % (most + 1);
      case 4:
        return (current ^ (1 << this.below(8 * Math.min(width, 3)))) >>> 0;
      case 5:
        return (this.word() >>> 0) % (most + 1);
      default:
        return this.pick(EDGES) % (most + 1);
    }
  }
}
