/**
 * Tunnels that no field names for certain: what is read as one, what is not, and what stays unread under its own name. Each
 * table's rows break one thing, so that a check that is dropped shows as a row.
 */
import { describe, expect, it } from 'vitest';
import { describeBytes, statusOf } from './decoded.ts';
import { u16, u32, zeros } from '../kit/bytes.mjs';
import { bytesOf, DATAGRAM, type Bytes, PACKET, withChecksum, withBytes } from '../kit/frame-builder.ts';
import * as build from '../kit/frame-builder.ts';

const ETHERNET = 1;
const frame = (octets: Bytes, type = 0x0800): Bytes => build.ethernet(type, octets);
const seen = (octets: Bytes): Record<string, string> => describeBytes(bytesOf(octets), ETHERNET);
const overUdp = (port: number, load: Bytes, from = 50000): Bytes => frame(build.ipv4(17, build.udp(from, port, load)));
const overIp = (protocol: number, load: Bytes): Bytes => frame(build.ipv4(protocol, load));

const PACKET6 = build.ipv6(17, DATAGRAM);
const PPP4: Bytes = [0xff, 0x03, 0x00, 0x21, ...PACKET];
const PPP6: Bytes = [0xff, 0x03, 0x00, 0x57, ...PACKET6];
/** A frame to a MAC address that begins with these bytes. */
const frameTo = (mac: Bytes, octets: Bytes, type = 0x0800): Bytes => withBytes(frame(octets, type), 0, mac);
const textOf = (text: string): Bytes => Array.from(Buffer.from(text));
const inVlan = (octets: Bytes): Bytes => build.vlan(9, 0x0800, octets);

const pseudowire = (load: Bytes): Bytes => frame([...build.label(16001, true), ...load], 0x8847);
const WORD = [0, 0, 0, 7];

describe('below an MPLS label stack', () => {
  it.each<readonly [string, Bytes, string]>([
    ['a frame to 00:…', frameTo([0x00, 0x1b, 0x21, 5], PACKET), 'mpls'],
    ['a frame to 02:… in a VLAN', frameTo([0x02, 0x1b, 0x21, 5], inVlan(PACKET), 0x8100), 'mpls vlan'],
    ['a frame to 40:…', frameTo([0x40, 0x1b, 0x21, 5], PACKET), 'mpls'],
    ['a frame to 45:00:…, as IPv4 of a length beyond the packet', frameTo([0x45, 0, 9, 9], PACKET), 'mpls'],
    ['a frame to 60:…', frameTo([0x60, 0x1b, 0x21, 5], PACKET6, 0x86dd), 'mpls'],
    ['a frame to 45:00:…, as IPv4 of a length that fits', frameTo([0x45, 0, 0, 46], withChecksum(PACKET)), 'mpls'],
    ['a frame padded to 60 bytes', [...frameTo([0x00, 0x1b, 0x21, 5], PACKET), ...zeros(14)], 'mpls'],
    ['a frame with PPPoE', frameTo([0, 0x1b, 0x21, 5], build.pppoe(PPP4), 0x8864), 'mpls pppoe'],
    ['a frame with MPLS', frameTo([0, 0x1b, 0x21, 5], [...build.label(3, true), ...PACKET], 0x8847), 'mpls mpls'],
    ['a control word and a frame to 00:…', [...WORD, ...frameTo([0x00, 0x1b, 0x21, 5], PACKET)], 'mpls'],
    ['a control word and a frame to 45:…', [...WORD, ...frameTo([0x45, 0, 0, 46], PACKET)], 'mpls'],
    ['a control word with flags and a sequence', [0x0f, 0xc0, 8, 0, ...frame(PACKET)], 'mpls'],
    ['a frame to a8:…', frameTo([0xa8, 0x1b], PACKET), 'mpls'],
    ['IPv4', PACKET, 'mpls'],
    ['IPv4 with the right checksum', withChecksum(PACKET), 'mpls'],
    ['IPv4 of length 0, as a card yet has to cut it', withBytes(PACKET, 2, [0, 0]), 'mpls'],
    ['IPv4 from 8.0.69.0, whose bytes read as a frame', withBytes(PACKET, 12, [8, 0, 0x45, 0]), 'mpls'],
    ['IPv6', PACKET6, 'mpls'],
  ])('%s', (_, load, encapsulation) => {
    const { status, destinationPort, encapsulation: names } = seen(pseudowire(load));
    expect([status, destinationPort, names]).toEqual(['ok', '40002', encapsulation]);
  });

  it('ARP without a control word is ARP', () => {
    const request = [0, 1, 8, 0, 6, 4, 0, 1, ...zeros(20)];
    expect(statusOf(bytesOf(pseudowire(frameTo([0, 0x1b, 0x21, 5], request, 0x0806))), ETHERNET)).toBe('arp');
  });

  // Each of these would be a flow if the IP header were trusted less: they read as a control word, and then as nothing.
  it.each<readonly [string, Bytes]>([
    ['a frame to 00:… whose IPv4 length is beyond the frame', withBytes(PACKET, 2, u16(200))],
    ['a frame to 00:… whose IPv4 length leaves too much', [...PACKET, ...zeros(65)]],
    ['a frame to 00:… whose IPv4 header is too short', withBytes(PACKET, 0, [0x44])],
    ['a frame to 00:… whose IPv4 flags are reserved ones', withBytes(PACKET, 6, [0x80])],
    ['a frame to 00:… with text', textOf('no IP packet in here, whatever the type says')],
  ])('no flow: %s', (_, load) => {
    expect(seen(pseudowire(frameTo([0x00, 0x1b, 0x21, 5], load))).status).not.toBe('ok');
  });

  it.each<readonly [string, Bytes]>([
    ['from a multicast address', withBytes(PACKET6, 8, [0xff])],
    ['of a protocol that is in no use', withBytes(PACKET6, 6, [200])],
    ['of length 0', withBytes(PACKET6, 4, [0, 0])],
  ])('no flow: a frame to 00:… with IPv6 %s', (_, load) => {
    expect(seen(pseudowire(frameTo([0x00, 0x1b, 0x21, 5], load, 0x86dd))).status).not.toBe('ok');
  });
});

type Row = readonly [name: string, octets: Bytes, encapsulation: string];

describe('read as tunnels', () => {
  const inner = frame(PACKET);
  it.each<Row>([
    ['VXLAN with a group policy', overUdp(4789, [0x88, 0, 1, 0x23, 0, 0, 5, 0, ...inner]), 'vxlan'],
    ['VXLAN with reserved bits', overUdp(4789, withBytes(build.vxlan(1, inner), 7, [1])), 'vxlan'],
    ['VXLAN of the old port with all bits set', overUdp(8472, [...zeros(8).map(() => 255), ...inner]), 'vxlan'],
    ['VXLAN with PPPoE', overUdp(4789, build.vxlan(1, frame(build.pppoe(PPP4), 0x8864))), 'vxlan pppoe'],
    [
      'VXLAN with PPPoE in a VLAN',
      overUdp(4789, build.vxlan(1, frame(build.vlan(7, 0x8864, build.pppoe(PPP6)), 0x8100))),
      'vxlan vlan pppoe',
    ],
    ['VXLAN-GPE with IPv4', overUdp(4790, build.vxlanGpe(1, PACKET)), 'vxlan'],
    ['VXLAN-GPE with IPv6', overUdp(4790, build.vxlanGpe(2, PACKET6)), 'vxlan'],
    ['VXLAN-GPE with a frame', overUdp(4790, build.vxlanGpe(3, inner)), 'vxlan'],
    ['VXLAN-GPE without a protocol', overUdp(4790, [8, 0, 0, 0, 0, 0, 5, 0, ...inner]), 'vxlan'],
    ['VXLAN-GPE that counts its packets', overUdp(4790, [0x0d, 1, 2, 1, 0, 0, 5, 9, ...PACKET]), 'vxlan'],
    ['L2TP', overUdp(1701, build.l2tp2(PPP4)), 'l2tp'],
    ['L2TP to any port', overUdp(50001, build.l2tp2(PPP4), 1701), 'l2tp'],
    ['L2TP without a length', overUdp(1701, build.l2tp2(PPP6, 0x0002)), 'l2tp'],
    ['L2TP with bytes after its length', overUdp(1701, [...build.l2tp2(PPP4), 1, 2, 3]), 'l2tp'],
    ['L2TP with reserved bits and priority', overUdp(1701, build.l2tp2(PPP4, 0x75f2)), 'l2tp'],
    ['L2TP with sequence numbers', overUdp(1701, build.l2tp2([0, 1, 0, 2, ...PPP4], 0x4802)), 'l2tp'],
    ['L2TP with an offset', overUdp(1701, build.l2tp2([0, 3, 9, 9, 9, ...PPP4], 0x4202)), 'l2tp'],
    ['L2TP without PPP address and control', overUdp(1701, build.l2tp2([0, 0x21, ...PACKET])), 'l2tp'],
    ['L2TP with a compressed protocol', overUdp(1701, build.l2tp2([0x57, ...PACKET6])), 'l2tp'],
    ['PPTP', overIp(47, build.pptp(PPP4)), 'pptp'],
    ['PPTP with a compressed protocol', overIp(47, build.pptp([0x21, ...PACKET])), 'pptp'],
    ['PPTP without a sequence number', overIp(47, [0x20, 1, 0x88, 0x0b, 0, 36, 0, 5, ...PPP4]), 'pptp'],
    ['PPTP with bytes after its length', overIp(47, [...build.pptp(PPP4), 1, 2]), 'pptp'],
    ['TZSP', overUdp(37008, build.tzsp(1, inner)), 'tzsp'],
    ['TZSP of a frame to transmit', overUdp(37008, withBytes(build.tzsp(1, inner), 1, [1])), 'tzsp'],
    [
      'TZSP with fields and padding',
      overUdp(37008, build.tzsp(1, inner, [0, 10, 1, 200, 41, 2, 0, 50, 60, 0])),
      'tzsp',
    ],
    [
      'TZSP with 802.11',
      overUdp(37008, build.tzsp(18, [8, 1, ...zeros(22), 0xaa, 0xaa, 3, 0, 0, 0, 8, 0, ...PACKET])),
      'tzsp',
    ],
  ])('%s', (_, octets, encapsulation) => {
    const { status, destinationPort, payloadLength, encapsulation: names } = seen(octets);
    expect([status, destinationPort, payloadLength, names]).toEqual(['ok', '40002', '4', encapsulation]);
  });

  const agreed: readonly (readonly [string, Bytes])[] = [
    ['neither cookie nor sublayer', []],
    ['a sublayer', [0x40, 0, 0, 9]],
    ['a cookie of 4', [1, 2, 3, 4]],
    ['a cookie of 4 and a sublayer', [1, 2, 3, 4, 0, 0, 0, 0]],
    ['a cookie of 8', [1, 2, 3, 4, 5, 6, 7, 8]],
    ['a cookie of 8 and a sublayer', [0x45, 0, 0, 30, 5, 6, 7, 8, 0x40, 0, 0, 9]],
  ];
  const loads: readonly (readonly [string, Bytes, string])[] = [
    ['Ethernet', inner, 'l2tp'],
    ['Ethernet with a VLAN', frame(inVlan(PACKET), 0x8100), 'l2tp vlan'],
    ['Ethernet with IPv6', frame(PACKET6, 0x86dd), 'l2tp'],
    ['a short frame with its padding', [...inner, ...zeros(14)], 'l2tp'],
    ['PPP', PPP6, 'l2tp'],
    ['HDLC', [0x0f, 0, 8, 0, ...PACKET], 'l2tp'],
  ];
  const sessions = agreed.flatMap(([name, prefix]) =>
    loads.map(([load, octets, names]) => [`${load} after ${name}`, build.l2tp3(prefix, octets), names] as const),
  );
  it.each(sessions)('L2TP version 3 over IP and over UDP: %s', (_, session, encapsulation) => {
    for (const octets of [overIp(115, session), overUdp(1701, [0, 3, 0, 0, ...session])]) {
      const { status, destinationPort, encapsulation: names } = seen(octets);
      expect([status, destinationPort, names]).toEqual(['ok', '40002', encapsulation]);
    }
  });

  it('the first fragment of an L2TP packet over IP, where the inner checksum is right', () => {
    const whole = build.l2tp3([1, 2, 3, 4], frame(withChecksum(build.ipv4(17, build.udp(40001, 40002, zeros(100))))));
    const first = build.ipv4(115, whole.slice(0, 80), { more: true });
    expect(seen(frame(first))).toMatchObject({ status: 'ok', encapsulation: 'l2tp', fragmentOffset: '0' });
    const unproven = build.l2tp3([1, 2, 3, 4], frame(build.ipv4(17, build.udp(40001, 40002, zeros(100)))));
    const doubtful = build.ipv4(115, unproven.slice(0, 80), { more: true });
    expect(seen(frame(doubtful)).status).toBe('unsupported-l2tp');
    expect(seen(overIp(115, zeros(8))).status).toBe('unsupported-l2tp');
    expect(seen(frame(build.ipv4(115, zeros(8), { offset: 80 }))).status).toBe('ok');
  });
});

describe('ordinary datagrams on the ports of tunnels', () => {
  const inner = frame(PACKET);
  const text = textOf('text of a line that is long enough for any of the headers to be in it');
  it.each<readonly [string, number, Bytes]>([
    ['VXLAN with a group policy and text', 4789, [0x88, 0, 1, 0x23, 0, 0, 5, 0, ...text]],
    ['VXLAN with reserved bits and an unknown type', 4789, [255, 0, 0, 0, 0, 0, 5, 0, ...frame(PACKET, 0x88cc)]],
    ['VXLAN with reserved bits and a tag alone', 4789, [255, 0, 0, 0, 0, 0, 5, 0, ...frame(text, 0x8100)]],
    ['VXLAN with reserved bits and a type of ARP', 4789, [255, 0, 0, 0, 0, 0, 5, 0, ...frame(text, 0x0806)]],
    [
      'VXLAN with reserved bits and IPv4 beyond the datagram',
      4789,
      [255, 0, 0, 0, 0, 0, 5, 0, ...frame(withBytes(PACKET, 2, u16(99)))],
    ],
    ['VXLAN with PPPoE control', 4789, build.vxlan(1, frame(build.pppoe([0xc0, 0x21, 9, 1, 0, 4]), 0x8864))],
    ['VXLAN-GPE of version 1', 4790, withBytes(build.vxlanGpe(1, PACKET), 0, [0x1c])],
    ['VXLAN-GPE without an identifier', 4790, withBytes(build.vxlanGpe(1, PACKET), 0, [0x04])],
    ['VXLAN-GPE of an unknown protocol', 4790, build.vxlanGpe(9, PACKET)],
    ['VXLAN-GPE with IPv4 and a byte more', 4790, build.vxlanGpe(1, [...PACKET, 0])],
    ['VXLAN-GPE with text', 4790, build.vxlanGpe(3, text)],
    ['VXLAN-GPE with NSH and text', 4790, build.vxlanGpe(4, [0, 2, 2, 1, 0, 0, 1, 5, ...text])],
    ['L2TP control', 1701, build.l2tp2(PPP4, 0xc802)],
    ['L2TP of version 1', 1701, build.l2tp2(PPP4, 0x4001)],
    ['L2TP of tunnel 0', 1701, withBytes(build.l2tp2(PPP4), 4, [0, 0])],
    ['L2TP of session 0', 1701, withBytes(build.l2tp2(PPP4), 6, [0, 0])],
    ['L2TP with a length beyond the datagram', 1701, withBytes(build.l2tp2(PPP4), 2, u16(200))],
    ['L2TP with a length of 4', 1701, withBytes(build.l2tp2(PPP4), 2, u16(4))],
    ['L2TP with an offset beyond the datagram', 1701, build.l2tp2([255, 255, ...PPP4], 0x4202)],
    ['L2TP with PPP control', 1701, build.l2tp2([0xff, 0x03, 0xc0, 0x21, 9, 1, 0, 4])],
    ['L2TP with IPv4 and a byte more', 1701, build.l2tp2([...PPP4, 0])],
    ['L2TP with text', 1701, build.l2tp2([0, 0x21, ...text])],
    ['L2TP of five bytes', 1701, build.l2tp2([]).slice(0, 5)],
    ['L2TP version 3 of session 0', 1701, [0, 3, 0, 0, ...zeros(4), ...inner]],
    ['L2TP version 3 with a cookie of 5', 1701, [0, 3, 0, 0, ...build.l2tp3(zeros(5), inner)]],
    ['L2TP version 3 with text', 1701, [0, 3, 0, 0, ...build.l2tp3([], frame(text))]],
    ['TZSP of version 2', 37008, withBytes(build.tzsp(1, inner), 0, [2])],
    ['TZSP that configures', 37008, withBytes(build.tzsp(1, inner), 1, [3])],
    ['TZSP keepalive', 37008, withBytes(build.tzsp(1, inner), 1, [4])],
    ['TZSP of an unknown protocol', 37008, build.tzsp(5, inner)],
    ['TZSP without an end of its fields', 37008, [1, 0, 0, 1, ...Array.from({ length: 100 }, () => 0)]],
    ['TZSP with a field beyond the datagram', 37008, build.tzsp(1, inner, [41, 250])],
    ['TZSP with text', 37008, build.tzsp(1, text)],
    ['TZSP with an 802.11 beacon', 37008, build.tzsp(18, [0x80, 0, ...zeros(60)])],
    ['TZSP of three bytes', 37008, [1, 0, 0]],
    ['Juniper mirror with text', 30030, [...u32(7), ...u32(9), ...text]],
    ['Juniper mirror with IPv4 of a wrong checksum', 30030, [...u32(7), ...u32(9), ...PACKET]],
    ['Juniper mirror with IPv4 and a byte more', 30030, [...u32(7), ...u32(9), ...withChecksum(PACKET), 0]],
    ['Juniper mirror with a flow label', 30030, [...u32(7), ...u32(9), ...withBytes(PACKET6, 3, [1])]],
    ['Juniper mirror of nine bytes', 30030, [...u32(7), ...u32(9), 0x45]],
  ])('%s', (_, port, load) => {
    const described = seen(overUdp(port, load));
    expect(described).toMatchObject({ status: 'ok', destinationPort: String(port) });
    expect(described.payloadLength).toBe(String(load.length));
    expect(described.encapsulation).toBeUndefined();
  });
});

describe('not read', () => {
  const inner = frame(PACKET);
  it.each<readonly [string, string, Bytes]>([
    ['PPTP with a checksum flag', 'unsupported-gre', overIp(47, withBytes(build.pptp(PPP4), 0, [0xb0]))],
    ['PPTP without a key', 'unsupported-gre', overIp(47, [0x10, 1, 0x88, 0x0b, ...PPP4])],
    ['GRE of version 1 with another type', 'unsupported-gre', overIp(47, withBytes(build.pptp(PPP4), 2, [8, 0]))],
    ['PPTP cut in its sequence number', 'truncated-gre', overIp(47, build.pptp([]).slice(0, 11))],
    ['PPTP longer than its packet', 'malformed-gre', overIp(47, withBytes(build.pptp(PPP4), 4, u16(99)))],
    ['PPTP with encrypted PPP', 'unsupported-frame', overIp(47, build.pptp([0, 0xfd, 1, 2, 3]))],
    ['PPTP with an acknowledgement alone', 'gre-acknowledgement', overIp(47, [0x20, 0x81, 0x88, 0x0b, ...zeros(8)])],
    ['L2TP version 3 without a sound packet', 'unsupported-l2tp', overIp(115, build.l2tp3([], zeros(60)))],
    ['L2TP version 3 control', 'unsupported-l2tp', overIp(115, [...zeros(4), 0xc8, 3, 0, 12, ...zeros(8)])],
    ['L2TP version 3 of three bytes', 'unsupported-l2tp', overIp(115, [0, 0, 1])],
    ['MACsec', 'unsupported-macsec', frame(zeros(40), 0x88e5)],
    ['MACsec in a VLAN', 'unsupported-macsec', frame(build.vlan(5, 0x88e5, zeros(40)), 0x8100)],
    ['provider backbone bridging', 'unsupported-pbb', frame([...u32(0x1234), ...inner], 0x88e7)],
    ['a VN tag', 'unsupported-vn-tag', frame([0x80, 5, 0, 3, 8, 0, ...PACKET], 0x8926)],
    ['Cisco metadata', 'unsupported-cisco-metadata', frame([1, 1, 0, 1, 0, 100, 8, 0, ...PACKET], 0x8909)],
    ['NSH', 'unsupported-nsh', frame([0, 2, 2, 1, 0, 0, 1, 5, ...PACKET], 0x894f)],
    ['NSH in GRE', 'unsupported-nsh', overIp(47, build.gre(0x894f, [0, 2, 2, 1, 0, 0, 1, 5, ...PACKET]))],
    ['NSH in VXLAN-GPE', 'unsupported-nsh', overUdp(4790, build.vxlanGpe(4, [0, 2, 2, 1, 0, 0, 1, 5, ...PACKET]))],
    ['EoIP', 'unsupported-eoip', overIp(47, [0x20, 1, 0x64, 0, ...u16(inner.length), 7, 0, ...inner])],
    ['WCCP', 'unsupported-wccp', overIp(47, build.gre(0x883e, [...zeros(4), ...PACKET]))],
    ['a Juniper mirror', 'unsupported-juniper-mirror', overUdp(30030, [...zeros(8), ...withChecksum(PACKET)])],
    ['a Juniper mirror of PPP', 'unsupported-juniper-mirror', overUdp(30030, [...zeros(8), ...PPP4])],
    ['an unknown type', 'unsupported-ethertype', frame(zeros(40), 0x88cc)],
  ])('%s: %s', (_, status, octets) => {
    expect(statusOf(bytesOf(octets), ETHERNET)).toBe(status);
  });
});

describe('nesting', () => {
  const wrap: Record<string, (octets: Bytes) => Bytes> = {
    'VXLAN-GPE': (octets) => build.ipv4(17, build.udp(5, 4790, build.vxlanGpe(1, octets))),
    'L2TP version 2': (octets) => build.ipv4(17, build.udp(5, 1701, build.l2tp2([0x21, ...octets]))),
    'L2TP version 3': (octets) => build.ipv4(115, build.l2tp3([1, 2, 3, 4], frame(octets))),
    PPTP: (octets) => build.ipv4(47, build.pptp([0x21, ...octets])),
    TZSP: (octets) => build.ipv4(17, build.udp(5, 37008, build.tzsp(1, frame(octets)))),
    'a pseudowire in a frame': (octets) => build.ipv4(47, build.gre(0x8847, [...build.label(5, true), ...octets])),
  };
  const nested = (around: (octets: Bytes) => Bytes, count: number): Bytes =>
    count === 0 ? PACKET : around(nested(around, count - 1));

  it.each(Object.entries(wrap))('%s: deeper than the limit is too deep', (_, around) => {
    expect(statusOf(bytesOf(frame(nested(around, 4))), ETHERNET)).toBe('ok');
    expect(statusOf(bytesOf(frame(nested(around, 9))), ETHERNET)).toBe('too-deep');
    expect(statusOf(bytesOf(frame(nested(around, 20))), ETHERNET)).toBe('too-deep');
  });
});
