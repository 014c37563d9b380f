/** Octets of hand-built messages: numbers in network order, hexadecimal, and seeded random ones in place of ciphertext. */
import { randomFrom, type Random } from '../registry/random.ts';

export function octets(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));
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
    return Uint8Array.from({ length }, () => this.random.word() >>> 24);
  }

  /** A number as an index or SPI is drawn: of 32 bits, and no small one. */
  index(): number {
    return (this.random.word() | 0x01000000) >>> 0;
  }
}
