/** ESP without encryption: packets that scapy made, the same broken in one place, and what is no inner packet. */
import { describe, expect, it } from 'vitest';
import { u16, u32, zeros } from '../kit/bytes.mjs';
import { withBytes } from '../kit/frame-builder.ts';
import { SeededRandom } from '../kit/random.mjs';
import { readPage } from '../kit/vector-pages.ts';
import { guarded, wire } from './compiled-wire.ts';

const vectors = readPage('esp-null');
const cases = vectors.map((vector) => [vector.title, vector] as const);

/** Place of the check value in the packet, -1 where none is found. */
function found(bytes: Uint8Array | readonly number[]): number {
  const { at } = guarded(Uint8Array.from(bytes));
  return wire.findNullTrailer(at, bytes.length);
}

describe('vectors', () => {
  it.each(cases)('%s', (_, { bytes, fields }) => {
    expect(found(bytes)).toBe(Number(fields.checkValue));
    expect(wire.nullNextHeader()).toBe(Number(fields.nextHeader));
  });

  it.each(cases)('cut at any length, %s has no other trailer', (_, { bytes, fields }) => {
    const checkAt = Number(fields.checkValue);
    for (let length = 0; length < bytes.length; length++) {
      // What is left of the check value may be as long as another algorithm's.
      const isShorter = [12, 16, 24].includes(length - checkAt);
      expect(found(bytes.subarray(0, length))).toBe(isShorter ? checkAt : -1);
    }
  });

  it.each(cases)('%s with another padding, length or next header is nothing', (_, { bytes, fields }) => {
    const checkAt = Number(fields.checkValue);
    const padding = bytes[checkAt - 2]!;
    for (let i = 0; i < padding; i++) expect(found(withBytes([...bytes], checkAt - 3 - i, [0]))).toBe(-1);
    expect(found(withBytes([...bytes], checkAt - 2, [padding + 1]))).toBe(-1);
    for (const next of [0, 59, 255]) expect(found(withBytes([...bytes], checkAt - 1, [next]))).toBe(-1);
  });
});

describe('inner packets', () => {
  const ESP = [...u32(0xc1a2b3c4), ...u32(7)];
  /** The least padding, a next header and a check value after an inner packet. */
  const packet = (next: number, inner: readonly number[], checkValue = 12): number[] => {
    const padding = (4 - ((inner.length + 2) % 4)) % 4;
    return [...ESP, ...inner, ...[1, 2, 3].slice(0, padding), padding, next, ...new SeededRandom(3).bytes(checkValue)];
  };
  const tcp = (flags: number, offset = 0x50): number[] => [
    ...u16(40000),
    ...u16(80),
    ...zeros(8),
    offset,
    flags,
    ...zeros(6),
  ];
  const ospf = (version: number, type: number, length: number): number[] => [
    version,
    type,
    ...u16(length),
    ...zeros(12),
  ];

  it.each<readonly [string, number, readonly number[]]>([
    ['TCP, SYN', 6, tcp(2)],
    ['TCP, ACK', 6, tcp(16)],
    ['OSPF of version 3', 89, ospf(3, 1, 16)],
    ['GRE with a key', 47, [0x20, 0, 8, 0, 0, 0, 0, 1]],
    ['ESP', 50, [...u32(0xc0ffee01), ...u32(1), ...zeros(24)]],
    ['AH', 51, [4, 4, 0, 0, ...u32(0xc0ffee01), ...zeros(16)]],
  ])('%s is one', (_, next, inner) => {
    expect(found(packet(next, inner))).toBe(packet(next, inner).length - 12);
  });

  it('may come after the IV of AES-GMAC (RFC 4543)', () => {
    const inner = [...new SeededRandom(5).bytes(8), ...u16(5000), ...u16(53), ...u16(12), ...u16(0), 1, 2, 3, 4];
    expect(found(packet(17, inner, 16))).toBeGreaterThan(0);
    expect(found(packet(17, inner, 12))).toBe(-1);
  });

  it.each<readonly [string, number, readonly number[]]>([
    ['TCP without a flag', 6, tcp(0)],
    ['TCP with SYN and FIN', 6, tcp(3)],
    ['TCP with a header longer than the packet', 6, tcp(16, 0xf0)],
    ['UDP with another length', 17, [...u16(5000), ...u16(53), ...u16(13), ...u16(0), 1, 2, 3, 4]],
    ['IPv4 whose checksum does not add up', 4, [0x45, 0, 0, 20, ...zeros(4), 64, 17, 1, 2, 10, 0, 0, 1, 10, 0, 0, 2]],
    ['IPv6 with another length', 41, [0x60, 0, 0, 0, ...u16(9), 17, 64, ...zeros(32)]],
    ['ICMP without a checksum', 1, [...zeros(8), 1, 2, 3, 4]],
    ['OSPF of version 4', 89, ospf(4, 1, 16)],
    ['OSPF with another length', 89, ospf(3, 1, 20)],
    ['GRE with reserved bits', 47, [0x01, 0, 8, 0, 0, 0, 0, 1]],
    ['nothing', 6, []],
  ])('%s is none', (_, next, inner) => {
    expect(found(packet(next, inner))).toBe(-1);
  });

  it('are not seen in random bytes: once in many thousand packets', () => {
    const noise = new SeededRandom(9);
    let count = 0;
    for (let i = 0; i < 200_000; i++) if (found(noise.bytes(48 + 4 * (i % 12))) >= 0) count++;
    expect(count).toBeLessThan(20);
  });
});
