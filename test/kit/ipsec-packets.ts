/** ESP and AH headers written from RFC 4303 section 2 and RFC 4302 section 2. */
import { concat, u16, u32 } from './bytes.mjs';
import { SeededRandom } from './random.mjs';

const noise = new SeededRandom(23);

/** SPI 4, sequence 4, then an IV, ciphertext and a check value. */
export function esp(spi: number, sequence: number, length = 88): Uint8Array {
  return concat(u32(spi), u32(sequence), noise.bytes(length));
}

/** Next header 1, length 1, reserved 2, SPI 4, sequence 4, check value 12. */
export function ah(spi: number, sequence: number, nextHeader = 4): Uint8Array {
  return concat([nextHeader, 4, 0, 0], u32(spi), u32(sequence), noise.bytes(12), noise.bytes(40));
}

/** Inner IPv4 packet with a right header checksum (RFC 791 section 3.1), UDP inside. */
export function innerIpv4(load: Uint8Array): Uint8Array {
  const udp = concat(u16(40000), u16(53), u16(8 + load.length), u16(0), load);
  const header = concat([0x45, 0], u16(20 + udp.length), u16(7), u16(0), [64, 17, 0, 0], [10, 0, 0, 1], [10, 0, 1, 1]);
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += (header[at]! << 8) | header[at + 1]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  header.set(u16(0xffff - sum), 10);
  return concat(header, udp);
}

/** RFC 4303 section 2 with the NULL cipher: an inner packet, padding 1, 2, 3, its length, the next header, a check value. */
export function espNull(spi: number, sequence: number, next: number, inner: Uint8Array, checkValue = 12): Uint8Array {
  const padding = (4 - ((inner.length + 2) % 4)) % 4;
  const trailer = [...[1, 2, 3].slice(0, padding), padding, next];
  return concat(u32(spi), u32(sequence), inner, trailer, noise.bytes(checkValue));
}
