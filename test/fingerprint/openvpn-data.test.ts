import { describe, expect, it } from 'vitest';
import { Framing } from '../../src/dataplane/host/framing.ts';
import { foundIn, FlowProbe, only, type Step } from '../kit/flow-probe.ts';
import { concat, u16, u32 } from '../kit/bytes.mjs';
import { SeededRandom } from '../kit/random.mjs';
import { blockData, data1, data2, epochData } from '../kit/openvpn-messages.ts';

const SUSPECTED = 'openvpn data suspected';
const noise = new SeededRandom(19);

/** `each` packets of both directions in turn. */
function exchange(each: number, packet: (direction: 0 | 1, number: number) => Uint8Array): Step[] {
  return Array.from({ length: each }, (_, i): Step[] => [
    [0, packet(0, i)],
    [1, packet(1, i)],
  ]).flat();
}

const aead2 = (peer: number): Step[] => exchange(200, (way, i) => data2(peer, 500 + 90 * way + i));
const aead1 = exchange(200, (way, i) => data1(500 + 90 * way + i));

describe('OpenVPN data with visible packet ids', () => {
  it('is suspected once both directions rose twice, not before', () => {
    for (const steps of [aead2(3), aead2(0x9a3b1c), aead1]) {
      expect(foundIn(steps.slice(0, 6))).toBe(SUSPECTED);
      expect(foundIn(steps.slice(0, 5))).toBe('none');
    }
  });

  it('is suspected of one direction with a server’s peer id, not with a random one', () => {
    expect(foundIn(only(0, aead2(3)).slice(0, 3))).toBe(SUSPECTED);
    expect(foundIn(only(0, aead2(3)).slice(0, 2))).toBe('none');
    expect(foundIn(only(1, aead2(0x9a3b1c)).slice(0, 40))).toBe('none');
    expect(foundIn(only(1, aead1).slice(0, 40))).toBe('none');
  });

  it('is never confirmed', () => {
    expect(foundIn(aead2(3))).toBe(SUSPECTED);
  });

  it('goes on over a change of key', () => {
    const rekeyed = exchange(3, (way, i) => data2(3, 100 + 50 * way + i, 100, i === 0 ? 1 : 2));
    expect(foundIn(rekeyed)).toBe(SUSPECTED);
  });

  it('is found in the records of a TCP stream', () => {
    expect(foundIn(aead2(3), { framing: Framing.OPENVPN_RECORD })).toBe(SUSPECTED);
  });

  const strangers: readonly (readonly [string, readonly Step[]])[] = [
    ['a peer id that changes', exchange(40, (way, i) => data2(i, 500 + 90 * way + i))],
    ['packet ids that stand still', exchange(40, () => data2(3, 500))],
    ['packet ids that jump', exchange(40, (way, i) => data2(3, 1000 * i + way, 99))],
    ['packet ids that fall', exchange(40, (way, i) => data2(3, 5000 + way - i, 99))],
    [
      'text behind the packet id',
      exchange(40, (way, i) =>
        concat(
          u32(0x48000003),
          u32(500 + 90 * way + i),
          new TextEncoder().encode('the quick brown fox jumps over the lazy dog, and then some more'),
        ),
      ),
    ],
    ['packets shorter than a tag', exchange(40, (way, i) => data2(3, 500 + 90 * way + i).subarray(0, 20))],
  ];
  it.each(strangers)('is not seen in %s', (_, steps) => {
    expect(foundIn(steps)).toBe('none');
  });

  it('is not seen in relayed voice: channel data of TURN whose channel number looks like an opcode', () => {
    // RFC 8656 section 12.4: channel 2 (0x4000 to 0x4fff), length 2, then an RTP packet: 0x80, type, sequence 2, time 4, source 4.
    const voice = (way: 0 | 1, i: number): Uint8Array => {
      const rtp = concat([0x80, 0], u16(7000 + 300 * way + i), u32(160 * i), u32(0x5eed0000 + way), noise.bytes(170));
      return concat(u16(0x4801), u16(rtp.length), rtp);
    };
    expect(foundIn(exchange(60, voice))).toBe('none');
    expect(foundIn(only(0, exchange(60, voice)))).toBe('none');
  });
});

describe('OpenVPN data with a block cipher', () => {
  /** HMACs of SHA1, SHA256 and SHA512. */
  const hmacs = [20, 32, 64];
  const block1 = (hmac: number) => exchange(60, (way, i) => blockData([0x30], hmac, 2 + ((3 * i + way) % 7)));
  const block2 = (hmac: number) => exchange(60, (way, i) => blockData([0x48, 0, 0, 3], hmac, 2 + ((3 * i + way) % 7)));

  it.each(hmacs)('behind an HMAC of %i bytes is suspected by the lengths of many packets', (hmac) => {
    expect(foundIn(block1(hmac))).toBe(SUSPECTED);
    expect(foundIn(block2(hmac))).toBe(SUSPECTED);
  });

  it('needs packets of both directions', () => {
    expect(foundIn(block1(20).slice(0, 24))).toBe(SUSPECTED);
    expect(foundIn(block1(20).slice(0, 23))).toBe('none');
    expect(foundIn(block2(20).slice(0, 12))).toBe(SUSPECTED);
    expect(foundIn(block2(20).slice(0, 11))).toBe('none');
  });

  it('or twice as many of one', () => {
    expect(foundIn(only(0, block1(20)).slice(0, 48))).toBe(SUSPECTED);
    expect(foundIn(only(0, block1(20)).slice(0, 47))).toBe('none');
  });

  it('is not seen where one length is no whole number of blocks', () => {
    const steps: Step[] = [...block1(20).slice(0, 10), [0, concat([0x30], noise.bytes(20 + 16 + 33))], ...block1(20)];
    expect(foundIn(steps)).toBe('none');
  });

  it('is not seen where the bytes behind the opcode are the same few', () => {
    const fixed = exchange(60, (way, i) =>
      concat([0x30, 0xff, 0x10], noise.bytes(18 + 16 + 16 * (2 + ((3 * i + way) % 7)))),
    );
    expect(foundIn(fixed)).toBe('none');
  });
});

describe('OpenVPN data with epoch keys (2.7)', () => {
  const epoch = (from = 1000, number = 1): Step[] =>
    exchange(40, (way, i) => epochData(5, number, from + 500 * way + i, 20 + ((7 * i) % 80)));

  it('is suspected once the counters of both directions rose twice', () => {
    expect(foundIn(epoch().slice(0, 6))).toBe(SUSPECTED);
    expect(foundIn(epoch().slice(0, 5))).toBe('none');
    expect(foundIn(epoch(2 ** 32 + 7, 3))).toBe(SUSPECTED);
    expect(foundIn(epoch(), { framing: Framing.OPENVPN_RECORD })).toBe(SUSPECTED);
  });

  it('is suspected of one direction with a server’s peer id', () => {
    expect(foundIn(only(1, epoch()).slice(0, 3))).toBe(SUSPECTED);
  });

  it('goes on over the next epoch, and where packets come twice or were lost', () => {
    const next = exchange(8, (way, i) => epochData(5, i < 4 ? 1 : 2, i < 4 ? 900 + way + i : 1 + i));
    expect(foundIn(next.slice(4))).toBe(SUSPECTED);
    expect(foundIn(epoch().flatMap((step) => [step, step]))).toBe(SUSPECTED);
    expect(foundIn(epoch().filter((_, i) => i % 5 !== 0))).toBe(SUSPECTED);
  });

  it('shows the epoch, and the counter where it is', () => {
    const probe = new FlowProbe();
    probe.sendAll(epoch().slice(0, 6));
    expect(probe.entries.map(({ check, offset, seen }) => [check, offset, seen])).toEqual([
      ['openvpn-data-opcode', 0, '0x48'],
      ['openvpn-peer-id-stays', 0, '0x48000005'],
      ['openvpn-epoch', 4, '0x00010000'],
      ['openvpn-packet-id-rises', 8, '1502'],
    ]);
  });

  const strangers: readonly (readonly [string, readonly Step[]])[] = [
    ['a counter of 64 bits from a small number', exchange(60, (way, i) => epochData(5, 0, 1000 + 500 * way + i))],
    ['microseconds since 1970', exchange(60, (way, i) => epochData(5, 6, 0x4010_0000_0000 + 50 * i + way))],
    ['an epoch that rises with each packet', exchange(60, (way, i) => epochData(5, 1 + i, 1000 + 500 * way))],
    ['a counter that stands still', exchange(60, () => epochData(5, 1, 1000))],
    ['a counter that jumps', exchange(60, (way, i) => epochData(5, 1, 1000 * i + way))],
    [
      'text after the counter',
      exchange(60, (way, i) =>
        concat(
          epochData(5, 1, 1000 + 500 * way + i, 0).subarray(0, 12),
          new TextEncoder().encode('the quick brown fox jumps over the lazy dog, and then some more'),
        ),
      ),
    ],
  ];
  it.each(strangers)('is not seen in %s', (_, steps) => {
    expect(foundIn(steps)).toBe('none');
  });
});

describe('OpenVPN data whose directions differ', () => {
  const twoPeers = (forth: number, back: number): Step[] =>
    exchange(60, (way, i) => data2(way === 0 ? forth : back, 700 + 200 * way + i, 101));
  const mixed = (peer: number, keyId = 0): Step[] =>
    exchange(60, (way, i) => (way === 0 ? data2(peer, 700 + i) : data1(900 + i, 100, keyId)));

  it.each([
    ['a server that sends 0', twoPeers(12, 0)],
    ['a server that sends the undefined peer id', twoPeers(12, 0xffffff)],
    ['a client with an id of its own', twoPeers(3, 0x9a3b1c)],
    ['DATA_V2 answered by DATA_V1, as 2.4.0 to 2.4.4 did', mixed(3)],
  ] as const)('is suspected after four rises each: %s', (_, steps) => {
    expect(foundIn(steps.slice(0, 10))).toBe(SUSPECTED);
    expect(foundIn(steps.slice(0, 9))).toBe('none');
    expect(foundIn(steps.map(([way, bytes]): Step => [way === 0 ? 1 : 0, bytes]))).toBe(SUSPECTED);
  });

  it('is suspected over a change of key that reaches one direction first', () => {
    const rekeyed = exchange(12, (way, i) => data2(way === 0 ? 12 : 0, 100 + 50 * way + i, 100, i < 4 + way ? 1 : 2));
    expect(foundIn(rekeyed)).toBe(SUSPECTED);
  });

  it('shows what both directions begin with', () => {
    const probe = new FlowProbe();
    probe.sendAll(mixed(3));
    expect(probe.entries.map(({ packet, check, seen }) => [packet, check, seen])).toEqual([
      [10, 'openvpn-data-opcode', '0x30'],
      [10, 'openvpn-packet-id-rises', '904'],
      [9, 'openvpn-peer-id-stays', '0x48000003'],
    ]);
  });

  it('with block ciphers is suspected by as many packets as without a peer id', () => {
    const headers = [[0x48, 0, 0, 3] as const, [0x30] as const];
    const steps = exchange(30, (way, i) => blockData(headers[way]!, 20, 2 + ((3 * i + way) % 7)));
    expect(foundIn(steps.slice(0, 24))).toBe(SUSPECTED);
    expect(foundIn(steps.slice(0, 23))).toBe('none');
  });

  it.each([
    ['two random peer ids, as two SPIs are', twoPeers(0x9a3b1c, 0x1c0b9a)],
    ['a random peer id and DATA_V1', mixed(0x9a3b1c)],
    ['two key ids all the time', mixed(3, 5)],
    ['a peer id that changes in one direction', exchange(60, (way, i) => data2(way === 0 ? 3 : 50 + i, 700 + i))],
    ['one direction that counts, one that does not', exchange(60, (way, i) => data2(way * 7, way === 0 ? 700 + i : 9))],
  ] as const)('is not seen in %s', (_, steps) => {
    expect(foundIn(steps)).toBe('none');
  });
});

describe('OpenVPN data cut by a snap length', () => {
  // 64 and 68 bytes of a frame are 22 and 26 of a datagram over Ethernet and IPv4.
  it.each([22, 26])('to %i bytes is suspected after more packets', (captured) => {
    for (const steps of [aead2(3), aead1, exchange(40, (way, i) => epochData(5, 1, 1000 + 500 * way + i))]) {
      expect(foundIn(steps.slice(0, 40), { captured })).toBe(SUSPECTED);
      expect(foundIn(steps.slice(0, captured === 22 ? 12 : 4), { captured })).toBe('none');
    }
  });

  it('to fewer bytes is not ruled out by them, nor found', () => {
    expect(foundIn(aead2(3), { captured: 18 })).toBe('none');
  });

  it('is not seen in a protocol with text after its counter', () => {
    const steps = exchange(40, (way, i) =>
      concat(u32(0x48000003), u32(500 + 90 * way + i), new TextEncoder().encode('hello hello, all of you hello')),
    );
    for (const captured of [22, 26]) expect(foundIn(steps, { captured })).toBe('none');
  });
});
