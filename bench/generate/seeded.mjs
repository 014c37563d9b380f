/**
 * Numbers that depend on a seed alone: a stateless hash, for what belongs to a flow (its addresses, its session ids: never
 * stored, always found again), and a stream of random numbers for everything that comes in order.
 */
import { SeededRandom } from '../../test/kit/random.mjs';

/** Thirty-two bits, signed, of a seed and two numbers (Murmur3's mixing steps, Austin Appleby, public domain). */
export function hashOf(seed, number, purpose) {
  let h = Math.imul(seed ^ Math.imul(purpose, 0x9e3779b1), 0x85ebca6b) ^ Math.imul(number, 0xcc9e2d51);
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** The same as a share: 0 <= share < 1. */
export function shareOf(seed, number, purpose) {
  return (hashOf(seed, number, purpose) >>> 0) / 0x1_0000_0000;
}

/**
 * A hash of four different bytes, none of them zero. Numbers drawn at random are not always so, and one session id in 30,000
 * does not look random to Sluice; generated ones do, so that what was made can be compared with what was found exactly.
 */
export function variedWord(seed, number, purpose) {
  for (let round = 0; ; round++) {
    const word = hashOf(seed + round, number, purpose);
    const a = word >>> 24;
    const b = (word >>> 16) & 255;
    const c = (word >>> 8) & 255;
    const d = word & 255;
    if (a !== 0 && b !== 0 && c !== 0 && d !== 0 && a !== b && a !== c && a !== d && b !== c && b !== d && c !== d) {
      return word;
    }
  }
}

/** Random numbers whose seed is hashed. */
export class Stream extends SeededRandom {
  constructor(seed) {
    super(seed);
    this.state = hashOf(seed, 0, 0x51) | 1;
  }
}

/** `length` bytes that look like ciphertext. */
export function randomOctets(seed, length) {
  const stream = new Stream(seed);
  const words = new Int32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i++) words[i] = stream.word();
  return Buffer.from(words.buffer, 0, length);
}
