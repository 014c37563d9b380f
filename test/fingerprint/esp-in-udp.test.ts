import { describe, expect, it } from 'vitest';
import { foundIn, only, reflected, type Step } from './flow-probe.ts';
import { esp } from './ipsec-packets.ts';
import { Noise, octets, u16, u32 } from './octets.ts';

const SUSPECTED = 'ipsec esp-in-udp suspected';
const [SPI, BACK] = [0xc0de1234, 0xbeef4321];
const noise = new Noise(29);

function exchange(each: number, packet: (way: 0 | 1, number: number) => Uint8Array): Step[] {
  return Array.from({ length: each }, (_, i): Step[] => [
    [0, packet(0, i)],
    [1, packet(1, i)],
  ]).flat();
}

const both = exchange(8, (way, i) => esp(way === 0 ? SPI : BACK, 100 + 50 * way + i, 88 + 4 * (i % 3)));

describe('ESP in UDP without its IKE', () => {
  it('is suspected after four rises together or five of one side, not before', () => {
    expect(foundIn(both.slice(0, 6))).toBe(SUSPECTED);
    expect(foundIn(both.slice(0, 5))).toBe('none');
    expect(foundIn(only(0, both).slice(0, 6))).toBe(SUSPECTED);
    expect(foundIn(only(0, both).slice(0, 5))).toBe('none');
  });

  it('is confirmed by four rises of each side, each with an SPI of its own', () => {
    expect(foundIn(both.slice(0, 10))).toBe('ipsec esp-in-udp confirmed');
    expect(foundIn(both.slice(0, 9))).toBe(SUSPECTED);
  });

  it('is never confirmed from one side', () => {
    const long = Array.from({ length: 300 }, (_, i): Step => [1, esp(SPI, 1 + i)]);
    expect(foundIn(long)).toBe(SUSPECTED);
  });

  it('may begin with keepalives', () => {
    expect(foundIn([[0, Uint8Array.of(0xff)], [1, Uint8Array.of(0xff)], ...both])).toBe('ipsec esp-in-udp confirmed');
    expect(foundIn(Array.from({ length: 200 }, (): Step => [0, Uint8Array.of(0xff)]))).toBe('none');
  });

  it('is not confirmed by its own packets coming back', () => {
    expect(foundIn(reflected(only(0, both)))).toBe('none');
  });

  const strangers: readonly (readonly [string, readonly Step[]])[] = [
    ['one number for both directions', exchange(40, (way, i) => esp(SPI, 100 + 50 * way + i))],
    ['an SPI that changes', exchange(40, (_, i) => esp(SPI + 65_537 * i, i + 1))],
    ['a sequence that stands still', exchange(40, (way) => esp(SPI + way, 9))],
    ['a sequence that jumps', exchange(40, (way, i) => esp(SPI + way, 100 * i + 1))],
    ['a sequence that began long ago', exchange(40, (way, i) => esp(SPI + way, 0x20000000 + i))],
    ['an SPI as small as a length', exchange(40, (way, i) => esp(0x1000 + way, i + 1))],
    ['lengths of no whole words', exchange(40, (way, i) => esp(SPI + way, i + 1, 87))],
    ['zeros behind the header', exchange(40, (way, i) => octets(u32(SPI + way), u32(i + 1), new Uint8Array(88)))],
    [
      'octets that count',
      exchange(40, (way, i) =>
        octets(
          u32(SPI + way),
          u32(i + 1),
          Uint8Array.from({ length: 88 }, (__, at) => at),
        ),
      ),
    ],
  ];
  it.each(strangers)('is not seen in %s', (_, steps) => {
    expect(foundIn(steps)).toBe('none');
  });

  it('is not seen in a burst of uTP', () => {
    // BEP 29: type and version, extension, connection id 2, time in microseconds 4, difference 4, window 4, sequence 2, ack 2, data.
    const data = (way: 0 | 1, i: number): Uint8Array =>
      octets(
        [0x01, 0],
        u16(0x6a2c + way),
        u32(0x0345f100 + 9 * i + 5000 * way),
        u32(0x00031a77 + 3 * i),
        u32(0x00100000),
        u16(0x37f0 + i),
        u16(0x90c4),
        noise.take(1380),
      );
    expect(foundIn(exchange(80, data))).toBe('none');
    expect(foundIn(only(0, exchange(80, data)))).toBe('none');
  });

  it('is not seen in a burst of iperf', () => {
    // iperf3 over UDP: seconds 4, microseconds 4, packet count 4, then the same random octets in every packet.
    const filling = noise.take(1460);
    const burst = Array.from({ length: 80 }, (_, i): Step => [
      0,
      octets(u32(0x6740f1c3), u32(0x00031000 + 11 * i), u32(i + 1), filling.subarray(0, 1436)),
    ]);
    expect(foundIn(burst)).toBe('none');
  });

  it('is not seen in one side of mosh', () => {
    // State synchronisation protocol: direction bit and 63-bit sequence, then ciphertext and tag of AES-OCB.
    const server = Array.from({ length: 80 }, (_, i): Step => [1, octets(u32(0x80000000), u32(i + 1), noise.take(48))]);
    expect(foundIn(server)).toBe('none');
  });
});
