import { describe, expect, it } from 'vitest';
import { FlowProbe, foundIn, only, reflected, type Step } from '../kit/flow-probe.ts';
import { esp, espNull, innerIpv4 } from '../kit/ipsec-packets.ts';
import { concat, u16, u32 } from '../kit/bytes.mjs';
import { SeededRandom } from '../kit/random.mjs';

const SUSPECTED = 'ipsec esp-in-udp suspected';
const CONFIRMED = 'ipsec esp-in-udp confirmed';
const [SPI, BACK] = [0xc0de1234, 0xbeef4321];
const noise = new SeededRandom(29);

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
    ['a high sequence that leaves numbers out', exchange(40, (way, i) => esp(SPI + way, 0x20000000 + 2 * i))],
    ['an SPI as small as a length', exchange(40, (way, i) => esp(0x1000 + way, i + 1))],
    ['lengths of no whole words', exchange(40, (way, i) => esp(SPI + way, i + 1, 87))],
    ['zeros behind the header', exchange(40, (way, i) => concat(u32(SPI + way), u32(i + 1), new Uint8Array(88)))],
    [
      'bytes that count',
      exchange(40, (way, i) =>
        concat(
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

  it.each([
    ['a type and a small session id', 0x30000001, 0x30000002],
    ['a type and a random session id', 0x48a1b2c3, 0x4817f0aa],
    ["ids that differ in two bytes, of strongSwan's range", 0xc0de1234, 0xc0de4321],
  ])('is suspected at most in %s', (_, forth, back) => {
    const steps = exchange(80, (way, i) => esp(way === 0 ? forth : back, 100 + 50 * way + i));
    expect(foundIn(steps)).toBe(SUSPECTED);
  });

  it("is confirmed with SPIs of strongSwan's range", () => {
    const steps = exchange(8, (way, i) => esp(way === 0 ? 0xc0de1234 : 0xc0ad4321, 100 + 50 * way + i));
    expect(foundIn(steps)).toBe(CONFIRMED);
  });

  it('is not seen in a burst of uTP', () => {
    // BEP 29: type and version, extension, connection id 2, time in microseconds 4, difference 4, window 4, sequence 2, ack 2, data.
    const data = (way: 0 | 1, i: number): Uint8Array =>
      concat(
        [0x01, 0],
        u16(0x6a2c + way),
        u32(0x0345f100 + 9 * i + 5000 * way),
        u32(0x00031a77 + 3 * i),
        u32(0x00100000),
        u16(0x37f0 + i),
        u16(0x90c4),
        noise.bytes(1380),
      );
    expect(foundIn(exchange(80, data))).toBe('none');
    expect(foundIn(only(0, exchange(80, data)))).toBe('none');
  });

  it('is not seen in a burst of iperf', () => {
    // iperf3 over UDP: seconds 4, microseconds 4, packet count 4, then the same random bytes in every packet.
    const filling = noise.bytes(1460);
    const burst = Array.from({ length: 80 }, (_, i): Step => [
      0,
      concat(u32(0x6740f1c3), u32(0x00031000 + 11 * i), u32(i + 1), filling.subarray(0, 1436)),
    ]);
    expect(foundIn(burst)).toBe('none');
  });

  it('is not seen in one side of mosh', () => {
    // State synchronisation protocol: direction bit and 63-bit sequence, then ciphertext and tag of AES-OCB.
    const server = Array.from({ length: 80 }, (_, i): Step => [
      1,
      concat(u32(0x80000000), u32(i + 1), noise.bytes(48)),
    ]);
    expect(foundIn(server)).toBe('none');
  });
});

describe('ESP in UDP of several SPIs', () => {
  const [OTHER, OTHER_BACK] = [0xc5550011, 0xce998877];
  const taking = (turns: number, spis: readonly (readonly [number, number])[]): Step[] =>
    Array.from({ length: turns }, (_, i) =>
      spis.flatMap(([forth, back], child): Step[] => [
        [0, esp(forth, 500 * (child + 1) + i)],
        [1, esp(back, 900 * (child + 1) + i)],
      ]),
    ).flat();

  it('is told where two children take turns', () => {
    const two = taking(8, [
      [SPI, BACK],
      [OTHER, OTHER_BACK],
    ]);
    expect(foundIn(two)).toBe(CONFIRMED);
    expect(foundIn(only(0, two))).toBe(SUSPECTED);
  });

  it('is told where four children take turns', () => {
    const four = [0, 1, 2, 3].map((child) => [SPI + 65_537 * child, BACK + 65_537 * child] as const);
    expect(foundIn(taking(8, four))).toBe(CONFIRMED);
  });

  it('is told where two children have counted alike', () => {
    const steps = Array.from({ length: 8 }, (_, i): Step[] => [
      [0, esp(SPI, i + 1)],
      [0, esp(OTHER, i + 1)],
      [1, esp(BACK, i + 1)],
      [1, esp(OTHER_BACK, i + 1)],
    ]).flat();
    expect(foundIn(steps)).toBe(CONFIRMED);
  });

  it('is told where the keys are renewed again and again before it is suspected', () => {
    const steps = Array.from({ length: 12 }, (_, i): Step[] => [
      [0, esp(SPI + 65_537 * i, 1)],
      [0, esp(SPI + 65_537 * i, 2)],
    ]).flat();
    expect(foundIn([...steps, ...both])).toBe(CONFIRMED);
  });

  it('is told of extended sequence numbers of two children', () => {
    const high = Array.from({ length: 12 }, (_, i): Step[] => [
      [0, esp(SPI, 0xf0000000 + i)],
      [0, esp(OTHER, 0x70000000 + i)],
    ]).flat();
    expect(foundIn(high)).toBe(SUSPECTED);
  });

  it('is not seen where one number counts for all of them', () => {
    const shared = exchange(60, (way, i) => esp([SPI, OTHER][i % 2]! + 77 * way, 100 + i));
    expect(foundIn(shared)).toBe('none');
    const types = exchange(60, (way, i) => esp(SPI + 77 * way + 0x1000000 * [0, 0, 1, 0, 2][i % 5]!, 100 + i));
    expect(foundIn(types)).not.toBe(CONFIRMED);
  });

  it('is not confirmed where one SPI comes from both sides', () => {
    const one = exchange(40, (way, i) => esp(i % 2 === 0 ? SPI : BACK, 100 + 50 * way + i));
    expect(foundIn(one)).toBe('none');
    const later = [...both.slice(0, 8), [1, esp(SPI, 900)] as Step, ...both.slice(8)];
    expect(foundIn(later)).toBe(SUSPECTED);
  });

  it('is given up at once where the first four bytes are random', () => {
    const random = (way: 0 | 1): Uint8Array => concat(u32(noise.largeWord()), u32(0x90000000 + way), noise.bytes(64));
    const flow = new FlowProbe();
    flow.sendAll(exchange(14, random));
    expect(flow.isRetired).toBe(true);
    expect(flow.set.blockCount).toBe(0);
  });
});

describe('ESP in UDP of extended sequence numbers', () => {
  const high = exchange(40, (way, i) => esp(way === 0 ? SPI : BACK, 0x20000000 + 0xc0000000 * way + i));

  it('is suspected after eight rises of one side, or five of each, and never confirmed', () => {
    expect(foundIn(only(0, high).slice(0, 9))).toBe(SUSPECTED);
    expect(foundIn(only(0, high).slice(0, 8))).toBe('none');
    expect(foundIn(high.slice(0, 12))).toBe(SUSPECTED);
    expect(foundIn(high.slice(0, 11))).toBe('none');
    expect(foundIn(high)).toBe(SUSPECTED);
  });

  it('is suspected where one packet in ten is lost', () => {
    const lossy = high.filter((_, i) => i % 20 !== 7 && i % 20 !== 8);
    expect(foundIn(lossy)).toBe(SUSPECTED);
  });

  it('is not seen in a number that rises by one now and then', () => {
    const steps = [0, 0].map(() => 0x90000000);
    const random = exchange(400, (way) => {
      steps[way]! += 1 + noise.below(6);
      return esp(way === 0 ? SPI : BACK, steps[way]!);
    });
    expect(foundIn(random)).toBe('none');
    expect(foundIn(only(0, random))).toBe('none');
  });

  it('shows by how little the number may rise', () => {
    const flow = new FlowProbe();
    flow.sendAll(high);
    expect(flow.entries.map(({ check, expected }) => [check, expected])).toContainEqual([
      'esp-sequence-rises',
      'rising by at most 1',
    ]);
  });
});

describe('ESP in UDP without encryption', () => {
  const text = new TextEncoder().encode('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n');
  const inClear = (checkValue: number): Step[] =>
    exchange(8, (way, i) =>
      espNull(way === 0 ? SPI : BACK, 500 + 400 * way + i, 4, innerIpv4(text.subarray(i)), checkValue),
    ).filter(([, bytes]) => bytes.length % 4 === 0);

  it.each([12, 16, 24, 32])('is told by its inner packets and its trailer, with check values of %i bytes', (length) => {
    expect(foundIn(inClear(length))).toBe(CONFIRMED);
    expect(foundIn(only(0, inClear(length)))).toBe(SUSPECTED);
  });

  it('shows the next header where it is', () => {
    const flow = new FlowProbe();
    const steps = inClear(12);
    flow.sendAll(steps, { evidenceOffset: 10 });
    const row = flow.entries.find(({ check }) => check === 'esp-null-trailer')!;
    const [, bytes] = steps[row.packet - 1]!;
    expect([row.seen, row.offset]).toEqual(['0x04', 10 + bytes.length - 13]);
  });

  const strangers: readonly (readonly [string, readonly Step[]])[] = [
    [
      'check values that stay',
      exchange(40, (way, i) => concat(espNull(SPI + way, i + 1, 4, innerIpv4(text), 0), new Uint8Array(12))),
    ],
    [
      'OSPF inside',
      exchange(40, (way, i) => espNull(SPI + way, i + 1, 89, concat([3, 1], u16(36), new Uint8Array(32)))),
    ],
    ['text before the trailer', exchange(40, (way, i) => espNull(SPI + way, i + 1, 4, text))],
    [
      'an inner packet without a trailer',
      exchange(40, (way, i) => concat(u32(SPI + way), u32(i + 1), innerIpv4(text.subarray(0, 36)))),
    ],
  ];
  it.each(strangers)('is not seen in %s', (_, steps) => {
    expect(foundIn(steps)).toBe('none');
  });

  it('is not seen where the trailer was cut off', () => {
    expect(foundIn(inClear(12), { captured: 60 })).toBe('none');
  });
});

describe('ESP in UDP of which a snap length left little', () => {
  it.each([20, 22, 26])('is suspected by %i bytes, and never confirmed', (captured) => {
    const long = exchange(20, (way, i) => esp(way === 0 ? SPI : BACK, 100 + 50 * way + i));
    expect(foundIn(long, { captured })).toBe(SUSPECTED);
    expect(foundIn(only(0, long).slice(0, 9), { captured })).toBe(SUSPECTED);
    expect(foundIn(only(0, long).slice(0, 8), { captured })).toBe('none');
  });

  it('is nothing with less', () => {
    for (let captured = 1; captured < 20; captured++) expect(foundIn(both, { captured })).toBe('none');
  });
});

describe('what begins with a length, a time or a header', () => {
  const cases: readonly (readonly [string, readonly Step[]])[] = [
    [
      'voice in a channel of TURN (RFC 8656 section 12.4): channel, length, RTP, ciphertext',
      exchange(60, (way, i) => {
        const length = 12 + 160 + 4 * way;
        return concat(
          u16(0x4001 + way),
          u16(length),
          u16(0x806f),
          u16(3000 + i),
          u32(160 * i),
          u32(0x77aa0000 + way),
          noise.bytes(160 + 4 * way),
        );
      }),
    ],
    [
      'IPFIX (RFC 7011 section 3.1): version, length, seconds, sequence, domain, records',
      only(
        0,
        exchange(60, (_, i) =>
          concat(u16(10), u16(16 + 116), u32(0x67300000 + i), u32(30 * i), u32(7), noise.bytes(116)),
        ),
      ),
    ],
    [
      'PFCP (3GPP 29.244): flags, type, length, SEID, sequence',
      exchange(60, (way, i) =>
        concat([0x21, 52], u16(12 + 60), u32(0x12340000 + i), u32(0x99000001 + way), noise.bytes(64)),
      ),
    ],
    [
      'MPLS in UDP (RFC 7510) with IPv4 of one length: label, header, ciphertext',
      exchange(60, (way, i) =>
        concat(
          u32(0x3e8a1140 + way),
          [0x45, 0],
          u16(84),
          u16(100 + i),
          u16(0x4000),
          [64, 50, 0x12, 0x34],
          noise.bytes(72),
        ),
      ),
    ],
    [
      'RTP of two sources: version, type, number, time, source, ciphertext',
      exchange(100, (way, i) =>
        concat([0x80, 0x6f], u16(2000 + i), u32(0x90000000 + i), u32(0x77aa0000 + way), noise.bytes(160)),
      ),
    ],
    [
      'uTP of several types: type, extension, connection, microseconds',
      exchange(100, (way, i) =>
        concat(
          [i % 3 === 0 ? 0x21 : 0x01, 0],
          u16(0x6a2c + way),
          u32(0x9345f100 + 9 * i),
          u32(0x00031a77 + 3 * i),
          u32(0x00100000),
          u16(0x37f0 + i),
          u16(0x90c4),
          noise.bytes(1380),
        ),
      ),
    ],
  ];
  it.each(cases)('%s is nothing', (_, steps) => {
    expect(foundIn(steps)).toBe('none');
    expect(foundIn(steps, { captured: 22 })).toBe('none');
  });
});
