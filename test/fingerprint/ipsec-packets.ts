/** ESP and AH headers written from RFC 4303 section 2 and RFC 4302 section 2. */
import { Noise, octets, u32 } from './octets.ts';

const noise = new Noise(23);

/** SPI 4, sequence 4, then an IV, ciphertext and a check value. */
export function esp(spi: number, sequence: number, length = 88): Uint8Array {
  return octets(u32(spi), u32(sequence), noise.take(length));
}

/** Next header 1, length 1, reserved 2, SPI 4, sequence 4, check value 12. */
export function ah(spi: number, sequence: number, nextHeader = 4): Uint8Array {
  return octets([nextHeader, 4, 0, 0], u32(spi), u32(sequence), noise.take(12), noise.take(40));
}
