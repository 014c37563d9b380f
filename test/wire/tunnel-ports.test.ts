/** A tunnel's port makes no tunnel: what is no valid header after it is an ordinary datagram. */
import { describe, expect, it } from 'vitest';
import { describeBytes } from './decoded.ts';
import { u16, u32, zeros } from '../kit/bytes.mjs';
import { bytesOf, type Bytes, PACKET, withBytes } from '../kit/frame-builder.ts';
import * as build from '../kit/frame-builder.ts';

const ETHERNET = 1;
/** Ethernet around IPv4, or another layer by its type. */
const frame = (octets: Bytes, type = 0x0800): Bytes => build.ethernet(type, octets);

describe('tunnel ports without a tunnel: an ordinary datagram', () => {
  const garbage = Array.from({ length: 60 }, (_, i) => (i * 37 + 11) & 255);
  const inner = frame(PACKET);
  it.each<readonly [string, number, Bytes]>([
    ['VXLAN: nothing', 4789, []],
    ['VXLAN: garbage', 4789, garbage],
    ['VXLAN: zeros', 4789, zeros(60)],
    ['VXLAN: I bit not set', 4789, withBytes(build.vxlan(1, inner), 0, [0])],
    ['VXLAN: no frame behind', 4789, build.vxlan(1, zeros(40))],
    ['VXLAN: a frame with broken IPv4', 4789, build.vxlan(1, withBytes(inner, 14, [0x44]))],
    ['VXLAN: seven bytes', 8472, build.vxlan(1, []).slice(0, 7)],
    ['Geneve: garbage', 6081, garbage],
    ['Geneve: version 1', 6081, withBytes(build.geneve(0x0800, 1, PACKET), 0, [0x40])],
    ['Geneve: reserved bits', 6081, withBytes(build.geneve(0x0800, 1, PACKET), 1, [1])],
    ['Geneve: options longer than the datagram', 6081, withBytes(build.geneve(0x0800, 1, PACKET), 0, [0x3f])],
    ['Geneve: an unknown type', 6081, build.geneve(0x88cc, 1, PACKET)],
    ['GTP: garbage', 2152, garbage],
    ['GTP: version 2', 2152, withBytes(build.gtp(1, PACKET), 0, [0x48])],
    ['GTP: another message', 2152, withBytes(build.gtp(1, PACKET), 1, [26])],
    ['GTP: length beyond the datagram', 2152, withBytes(build.gtp(1, PACKET), 2, u16(200))],
    [
      'GTP: an extension of length 0',
      2152,
      [0x34, 255, ...u16(48), ...u32(1), 0, 0, 0, 0x85, 0, 0, 0, 0, ...PACKET, ...zeros(8)],
    ],
    [
      'GTP: extensions without end',
      2152,
      [0x34, 255, ...u16(64), ...u32(1), 0, 0, 0, 0x85, ...Array.from({ length: 15 }, () => [1, 0, 0, 0x85]).flat()],
    ],
    [
      'GTP: an extension behind the length',
      2152,
      [0x34, 255, ...u16(6), ...u32(1), 0, 0, 0, 0x85, 1, 0, 0, 0, ...PACKET],
    ],
    ['GTP: neither IPv4 nor IPv6 behind', 2152, build.gtp(1, garbage)],
  ])('%s', (_, port, load) => {
    const seen = describeBytes(bytesOf(frame(build.ipv4(17, build.udp(50000, port, load)))), ETHERNET);
    expect(seen).toMatchObject({ status: 'ok', destinationPort: String(port), payloadLength: String(load.length) });
    expect(seen.encapsulation).toBeUndefined();
  });

  it('a tunnel that answers from the port is no tunnel: only the destination port says where to look', () => {
    const seen = describeBytes(bytesOf(frame(build.ipv4(17, build.udp(4789, 50000, build.vxlan(1, inner))))), ETHERNET);
    expect(seen).toMatchObject({ sourcePort: '4789', status: 'ok' });
    expect(seen.encapsulation).toBeUndefined();
  });
});
