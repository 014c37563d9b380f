import { describe, expect, it } from 'vitest';
import { Framing } from '../../src/dataplane/host/framing.ts';
import { foundIn, type Step } from '../kit/flow-probe.ts';
import { ah, esp, espNull, innerIpv4 } from '../kit/ipsec-packets.ts';
import { concat, u16 } from '../kit/bytes.mjs';

const [SPI, BACK] = [0xc0de0001, 0xc0de0002];

describe.each([
  ['esp', esp, Framing.ESP],
  ['ah', ah, Framing.AH],
] as const)('native %s', (name, packet, framing) => {
  const cases: readonly (readonly [title: string, steps: readonly Step[], stage: string])[] = [
    ['one packet', [[0, packet(SPI, 1)]], 'suspected'],
    [
      'one packet of each side',
      [
        [0, packet(SPI, 1)],
        [1, packet(BACK, 1)],
      ],
      'suspected',
    ],
    [
      'a sequence that rises',
      [
        [0, packet(SPI, 1)],
        [0, packet(SPI, 2)],
      ],
      'confirmed',
    ],
    [
      'a sequence that rises from the middle',
      [
        [0, packet(SPI, 70_000)],
        [0, packet(SPI, 70_900)],
      ],
      'confirmed',
    ],
    [
      'a sequence that passes its highest bit',
      [
        [0, packet(SPI, 0x7fffffff)],
        [0, packet(SPI, 0x80000000)],
      ],
      'confirmed',
    ],
    [
      'the same packet twice',
      [
        [0, packet(SPI, 5)],
        [0, packet(SPI, 5)],
      ],
      'suspected',
    ],
    [
      'a sequence that falls',
      [
        [0, packet(SPI, 5)],
        [0, packet(SPI, 4)],
        [0, packet(SPI, 3)],
      ],
      'suspected',
    ],
    [
      'a sequence that jumps',
      [
        [0, packet(SPI, 5)],
        [0, packet(SPI, 50_000)],
        [0, packet(SPI, 5_000_000)],
      ],
      'suspected',
    ],
    [
      'an SPI that changes',
      [
        [0, packet(SPI, 1)],
        [0, packet(SPI + 7, 2)],
        [0, packet(SPI + 9, 3)],
      ],
      'suspected',
    ],
    [
      'an SPI that no key exchange hands out',
      [
        [0, packet(200, 1)],
        [0, packet(200, 2)],
        [0, packet(200, 3)],
      ],
      'suspected',
    ],
  ];
  it.each([2, 6, 20])('%i SPIs that take turns', (count) => {
    const spis = Array.from({ length: count }, (_, i) => SPI + 0x10101 * i);
    const steps = Array.from({ length: 60 }, (_, turn) =>
      spis.flatMap((spi, i): Step[] => [[0, packet(spi, 5000 * i + turn)]]),
    ).flat();
    expect(foundIn(steps, { framing })).toBe(`ipsec ${name} confirmed`);
    if (count <= 6) expect(foundIn(steps.slice(0, count + 1), { framing })).toBe(`ipsec ${name} confirmed`);
  });

  it('an SPI of each side with the sequence of the other', () => {
    const steps: Step[] = [
      [0, packet(SPI, 1)],
      [1, packet(SPI, 2)],
      [1, packet(BACK, 3)],
      [0, packet(BACK, 4)],
    ];
    expect(foundIn(steps, { framing })).toBe(`ipsec ${name} suspected`);
  });

  it.each(cases)('%s', (_, steps, stage) => {
    expect(foundIn(steps, { framing })).toBe(`ipsec ${name} ${stage}`);
  });
});

describe('native AH', () => {
  it.each([
    ['OSPF', 89],
    ['PIM', 103],
    ['VRRP', 112],
  ])('in front of %s authenticates routers and is no VPN', (_, nextHeader) => {
    const hello: Step[] = [1, 2, 3, 4].map((sequence) => [0, ah(SPI, sequence, nextHeader)]);
    expect(foundIn(hello, { framing: Framing.AH })).toBe('none');
  });
});

describe('native ESP', () => {
  const ospf = (length: number): Uint8Array => concat([3, 1], u16(length), new Uint8Array(32));

  it('without encryption around OSPF authenticates routers and is no VPN', () => {
    const hello = [1, 2, 3, 4].map((sequence): Step => [0, espNull(SPI, sequence, 89, ospf(36))]);
    expect(foundIn(hello, { framing: Framing.ESP })).toBe('none');
  });

  it('without encryption around anything else is a VPN', () => {
    const broken = [1, 2].map((sequence): Step => [0, espNull(SPI, sequence, 89, ospf(35))]);
    const inner = [1, 2].map((sequence): Step => [0, espNull(SPI, sequence, 4, innerIpv4(new Uint8Array(9)))]);
    for (const steps of [broken, inner]) expect(foundIn(steps, { framing: Framing.ESP })).toBe('ipsec esp confirmed');
  });
});
