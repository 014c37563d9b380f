/** Octets of hand-built messages: numbers in network order, and seeded random ones in place of ciphertext. */
import { randomFrom, type Random } from '../registry/random.ts';

export function octets(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

export function u16(value: number): number[] {
  return [(value >>> 8) & 255, value & 255];
}

export function u32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

export function littleU32(value: number): number[] {
  return u32(value).reverse();
}

/** Seeded octets that pass for ciphertext. */
export class Noise {
  readonly random: Random;

  constructor(seed = 1) {
    this.random = randomFrom(seed);
  }

  take(length: number): Uint8Array {
    const taken = new Uint8Array(length);
    for (let i = 0; i < length; i++) taken[i] = this.random.word() >>> 24;
    return taken;
  }

  /** A number as an index or SPI is drawn: of 32 bits, and no small one. */
  index(): number {
    return (this.random.word() | 0x01000000) >>> 0;
  }
}
