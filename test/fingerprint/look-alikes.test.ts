/** Other protocols, and what their bytes can imitate: nothing may be found in any of it. */
import { describe, expect, it } from 'vitest';
import { FlowProbe, foundIn, START_SECONDS, type Step } from '../kit/flow-probe.ts';
import { concat, u16, u32 } from '../kit/bytes.mjs';
import { SeededRandom } from '../kit/random.mjs';
import { Framing } from '../../src/dataplane/host/framing.ts';

const noise = new SeededRandom(31);
const text = (words: string): Uint8Array => new TextEncoder().encode(words);

/** `each` packets of both directions in turn. */
function exchange(each: number, packet: (way: 0 | 1, number: number) => Uint8Array): Step[] {
  return Array.from({ length: each }, (_, i): Step[] => [
    [0, packet(0, i)],
    [1, packet(1, i)],
  ]).flat();
}

describe('DNS (RFC 1035 section 4.1)', () => {
  const name = concat([7], text('example'), [3], text('com'), [0]);
  const question = concat(name, u16(1), u16(1));
  const query = (id: number): Uint8Array => concat(u16(id), u16(0x0100), u16(1), u16(0), u16(0), u16(0), question);
  const record = concat(u16(0xc00c), u16(1), u16(1), u32(300), u16(4), [192, 0, 2, 7]);
  const answer = (id: number, count: number): Uint8Array =>
    concat(
      u16(id),
      u16(0x8180),
      u16(1),
      u16(count),
      u16(0),
      u16(0),
      question,
      ...Array.from({ length: count }, () => record),
    );
  /** A root query with an EDNS cookie (RFC 7873): random bytes in DNS. */
  const cookie = (id: number): Uint8Array =>
    concat(
      u16(id),
      u16(0x0120),
      u16(1),
      u16(0),
      u16(0),
      u16(1),
      [0],
      u16(2),
      u16(1),
      [0],
      u16(41),
      u16(1232),
      u32(0),
      u16(12),
      u16(10),
      u16(8),
      noise.bytes(8),
    );

  it('is nothing, whichever of the 65,536 ids imitates an opcode or a type', () => {
    const probe = new FlowProbe();
    for (let id = 0; id < 65_536; id++) {
      probe.end();
      const flow = new FlowProbe(probe.set);
      const steps: readonly Step[] = [
        [0, query(id)],
        [1, answer(id, 1 + (id % 5))],
        [0, cookie(id)],
      ];
      if (flow.sendAll(steps) !== 'none') expect.fail(`id ${id}: ${flow.found}`);
      flow.end();
    }
    expect(probe.set.blockCount).toBe(0);
  });

  it('is nothing over many queries of one flow', () => {
    for (const first of [0x3800, 0x4000, 0x4800, 0x3000, 0x0100, 0x0400]) {
      const steps = Array.from({ length: 60 }, (_, i): Step[] => [
        [0, query(first + i)],
        [1, answer(first + i, 1 + (i % 3))],
      ]);
      expect(foundIn(steps.flat())).toBe('none');
    }
  });

  it('is nothing as the records of a TCP stream', () => {
    for (let id = 0; id < 65_536; id += 7) {
      if (
        foundIn(
          [
            [0, query(id)],
            [1, answer(id, 3)],
          ],
          { framing: Framing.OPENVPN_RECORD },
        ) !== 'none'
      )
        expect.fail(`id ${id}`);
    }
  });
});

describe('other protocols', () => {
  const cases: readonly (readonly [string, readonly Step[]])[] = [
    [
      'STUN (RFC 8489): type 2, length 2, magic 2112a442, transaction 12, attributes',
      exchange(40, (way) =>
        concat(
          u16(way === 0 ? 1 : 0x0101),
          u16(8),
          u32(0x2112a442),
          noise.bytes(12),
          u16(0x8028),
          u16(4),
          noise.bytes(4),
        ),
      ),
    ],
    [
      'RTP (RFC 3550): 0x80, type, sequence 2, time 4, source 4, voice',
      exchange(100, (way, i) =>
        concat([0x80, 8], u16(2000 + i), u32(160 * i), u32(0x77aa0000 + way), noise.bytes(160)),
      ),
    ],
    [
      'RTP with an extension and a marker',
      exchange(100, (way, i) =>
        concat([0x90, 0xe0], u16(2000 + i), u32(160 * i), u32(0x77aa0000 + way), u16(0xbede), u16(1), noise.bytes(400)),
      ),
    ],
    [
      'QUIC short headers (RFC 9000): masked first byte, connection id, number and ciphertext',
      exchange(200, (way, i) =>
        concat(
          [0x40 | (noise.bytes(1)[0]! & 0x3f)],
          text(way === 0 ? 'clientid' : 'serverid')
            .subarray(0, 8)
            .map((octet, at) => octet ^ (7 * at)),
          noise.bytes(40 + ((17 * i) % 1100)),
        ),
      ),
    ],
    [
      'QUIC short headers without connection ids',
      exchange(200, (_, i) => concat([0x40 | (noise.bytes(1)[0]! & 0x3f)], noise.bytes(40 + ((17 * i) % 1100)))),
    ],
    [
      'QUIC long headers: form, version 1, ids with lengths, ciphertext',
      exchange(20, () =>
        concat(
          [0xc0 | (noise.bytes(1)[0]! & 15)],
          u32(1),
          [8],
          noise.bytes(8),
          [0],
          [0],
          u16(0x449e),
          noise.bytes(1150),
        ),
      ),
    ],
    [
      'DTLS (RFC 6347): type, version, epoch 2, sequence 6, length 2, ciphertext',
      exchange(100, (_, i) => concat([0x17, 0xfe, 0xfd], u16(1), u16(0), u32(i), u16(120), noise.bytes(120))),
    ],
    [
      'NTP (RFC 5905): flags, stratum, poll, precision, delays, four times',
      exchange(20, (way, i) =>
        concat(
          [way === 0 ? 0x23 : 0x24, way * 2, 6, 0xe9],
          u32(0x00000a10),
          u32(0x00000b2c),
          u32(0xc0000201),
          u32(0xe9c00000 + i),
          noise.bytes(4),
          u32(0xe9c00000 + i),
          noise.bytes(4),
          u32(0xe9c00000 + i),
          noise.bytes(4),
          u32(0xe9c00000 + i),
          noise.bytes(4),
        ),
      ),
    ],
    [
      'SNMP (RFC 3416): ASN.1 that begins with 0x30',
      exchange(100, (way, i) =>
        concat(
          [0x30, 43, 2, 1, 1, 4, 6],
          text('public'),
          [0xa0 + 2 * way, 30, 2, 4],
          u32(0x4a000000 + i),
          [2, 1, 0, 2, 1, 0, 0x30, 16, 0x30, 14, 6, 8, 0x2b, 6, 1, 2, 1, 1, 3, 0, 5, 0, 0, 0],
        ),
      ),
    ],
    [
      'GTP-U (3GPP 29.281) over a flow that was not taken apart: 0x30, 0xff, length 2, tunnel 4',
      exchange(100, (way, i) =>
        concat([0x30, 0xff], u16(100 + 8 * (i % 9)), u32(0xaabb0001 + way), noise.bytes(100 + 8 * (i % 9))),
      ),
    ],
    [
      'ONC-RPC (RFC 5531): transaction 4, call, version 2, program 4',
      exchange(60, (way, i) =>
        concat(
          u32(0x38f00000 + i),
          u32(way),
          u32(way === 0 ? 2 : 0),
          u32(100_003),
          u32(3),
          u32(4),
          u32(0),
          u32(0),
          noise.bytes(32),
        ),
      ),
    ],
    [
      'BFD (RFC 5880): version, state, multiplier, length 24, discriminators, intervals',
      exchange(100, (way) =>
        concat(
          [0x20, 0xc0, 3, 24],
          u32(0x2a000001 + way),
          u32(0x2a000002 - way),
          u32(1_000_000),
          u32(1_000_000),
          u32(0),
        ),
      ),
    ],
    [
      'TFTP data: opcode 3, block 2, 512 bytes',
      exchange(100, (way, i) =>
        way === 0 ? concat(u16(3), u16(i + 1), noise.bytes(512)) : concat(u16(4), u16(i + 1)),
      ),
    ],
    [
      'L2TP (RFC 2661) data: flags, tunnel 2, session 2, PPP',
      exchange(100, (way, i) =>
        concat([0x40, 2], u16(38 + (i % 9)), u16(0x3141 + way), u16(0x5926), [0xff, 3, 0, 0x21], noise.bytes(100)),
      ),
    ],
    [
      'a game: 04 00 00 00, a length, a little-endian number, text',
      exchange(60, (way, i) =>
        concat(
          [4, 0, 0, 0],
          [90, 0, 0, way],
          [i, 0, 0, 0, 0, 0, 0, 0],
          text('player 1 moves to the left and jumps over the wall '.repeat(2)),
        ),
      ),
    ],
    [
      'zoom-like: type 5, sequence 2, fixed bytes, ciphertext',
      exchange(100, (way, i) => concat([5], u16(i), [way, 0x0f, 0, 0], u32(90 * i), noise.bytes(700))),
    ],
    [
      'Telegram-like: 8 bytes of a key’s name, then ciphertext of whole blocks',
      exchange(100, (_, i) =>
        concat([0x38, 0x11, 0x92, 0x53, 0x64, 0xa5, 0xb6, 0xc7], noise.bytes(16 + 16 * (i % 20))),
      ),
    ],
    [
      'memcached over UDP: request 2, sequence 2, total 2, reserved 2, text',
      exchange(40, (_, i) => concat(u16(i), u16(0), u16(1), u16(0), text('get sessions:1234567890\r\n'))),
    ],
    ['zeros', exchange(30, (_, i) => new Uint8Array(14 + 9 * i))],
    ['0x38 and zeros', exchange(30, () => concat([0x38], new Uint8Array(13)))],
    [
      'text that begins like an opcode',
      exchange(60, (_, i) => text(`8${i} @H0: once upon a time there was a datagram of no great length`)),
    ],
    ['a counter alone', exchange(200, (way, i) => concat(u32(i + 1000 * way)))],
    ['counters all along', exchange(60, (_, i) => Uint8Array.from({ length: 148 }, (__, at) => (at + i) & 255))],
  ];
  it.each(cases)('%s', (_, steps) => {
    const probe = new FlowProbe();
    for (const [way, bytes] of steps)
      if (probe.send(way, bytes) !== 'none') expect.fail(`${probe.found} ${JSON.stringify(probe.entries)}`);
  });
});

describe('random datagrams', () => {
  /** Lengths that some message of the three protocols has, and a few that none has. */
  const lengths = [14, 22, 26, 32, 34, 42, 50, 54, 58, 62, 64, 66, 86, 92, 93, 98, 114, 148, 204, 300, 354];
  /** First bytes that open one: types with zero reserved bytes, resets, control, ACK, data, the non-ESP marker. */
  const starts = [
    [],
    [1, 0, 0, 0],
    [2, 0, 0, 0],
    [3, 0, 0, 0],
    [0x38],
    [0x40],
    [0x20],
    [0x28],
    [0x50],
    [0x58],
    [0x30],
    [0x48],
    [0, 0, 0, 0],
  ];

  it('of the special lengths, with and without their first bytes: 200,000 of them are nothing', () => {
    const shared = new FlowProbe().set;
    for (let i = 0; i < 200_000; i++) {
      const length = lengths[i % lengths.length]!;
      const start = starts[Math.floor(i / lengths.length) % starts.length]!;
      const flow = new FlowProbe(shared);
      const found = flow.send(i & 1 ? 1 : 0, concat(start, noise.bytes(length - start.length)));
      if (found !== 'none') expect.fail(`datagram ${i}: ${found}`);
      flow.end();
    }
    expect(shared.blockCount).toBe(0);
    expect(shared.evidenceCount).toBe(0);
  });

  it('in flows of forty, of any length, are nothing', () => {
    const shared = new FlowProbe().set;
    for (let i = 0; i < 2000; i++) {
      const flow = new FlowProbe(shared);
      const start = starts[i % starts.length]!;
      for (let packet = 0; packet < 40; packet++) {
        const rest = noise.below(300) + 12;
        if (flow.send(noise.below(2) as 0 | 1, concat(start, noise.bytes(rest))) !== 'none')
          expect.fail(`flow ${i}: ${flow.found}`);
      }
      flow.end();
    }
  });

  it('with a plausible time in the place of tls-crypt’s are nothing: the session id changes', () => {
    const shared = new FlowProbe().set;
    for (let i = 0; i < 500; i++) {
      const flow = new FlowProbe(shared);
      for (let packet = 0; packet < 30; packet++) {
        const datagram = concat([0x20], noise.bytes(8), u32(1 + packet), u32(START_SECONDS), noise.bytes(32 + 60));
        if (flow.send(packet & 1 ? 1 : 0, datagram) !== 'none') expect.fail(flow.found);
      }
      flow.end();
    }
  });
});
