import { describe, expect, it } from 'vitest';
import { Framing } from '../../src/fingerprint/payload.ts';
import { foundIn, only, type Step } from './flow-probe.ts';
import { Noise, octets, u16, u32 } from './octets.ts';
import { blockData, data1, data2 } from './openvpn-messages.ts';

const SUSPECTED = 'openvpn data suspected';
const noise = new Noise(19);

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
        octets(
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
      const rtp = octets([0x80, 0], u16(7000 + 300 * way + i), u32(160 * i), u32(0x5eed0000 + way), noise.take(170));
      return octets(u16(0x4801), u16(rtp.length), rtp);
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

  it.each(hmacs)('behind an HMAC of %i octets is suspected by the lengths of many packets', (hmac) => {
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
    const steps: Step[] = [...block1(20).slice(0, 10), [0, octets([0x30], noise.take(20 + 16 + 33))], ...block1(20)];
    expect(foundIn(steps)).toBe('none');
  });

  it('is not seen where the octets behind the opcode are the same few', () => {
    const fixed = exchange(60, (way, i) =>
      octets([0x30, 0xff, 0x10], noise.take(18 + 16 + 16 * (2 + ((3 * i + way) % 7)))),
    );
    expect(foundIn(fixed)).toBe('none');
  });
});
