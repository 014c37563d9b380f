/** Headers that lie: each layer's table of broken fields with the status, or the outcome, that must come of them. */
import { describe, expect, it } from 'vitest';
import { statusOf } from './decoded.ts';
import { u16, u32, zeros } from '../kit/bytes.mjs';
import { bytesOf, DATAGRAM, type Bytes, PACKET, withBytes } from '../kit/frame-builder.ts';
import * as build from '../kit/frame-builder.ts';

const ETHERNET = 1;
const LINK_TYPES = { null: 0, ethernet: 1, ppp: 9, raw: 101, hdlc: 104, wifi: 105, sll: 113, radiotap: 127, sll2: 276 };

type Row = readonly [name: string, status: string, octets: Bytes];

function table(layer: string, linkType: number, rows: readonly Row[]): void {
  describe(layer, () => {
    it.each(rows)('%s: %s', (_, status, octets) => {
      expect(statusOf(bytesOf(octets), linkType)).toBe(status);
    });
  });
}

/** Ethernet around IPv4, or what else the type says. */
const frame = (octets: Bytes, type = 0x0800): Bytes => build.ethernet(type, octets);

table('links', ETHERNET, [
  ['nothing', 'truncated-link', []],
  ['13 bytes', 'truncated-link', zeros(13)],
  ['an 802.3 frame that ends in its LLC', 'unsupported-frame', frame([0x42, 0x42, 3], 3)],
  ['SNAP with another OUI', 'unsupported-frame', frame([0xaa, 0xaa, 3, 0, 0, 0x0c, 8, 0, ...PACKET], 60)],
  ['SNAP whose type is a length', 'unsupported-frame', frame([0xaa, 0xaa, 3, 0, 0, 0, 0, 60, ...PACKET], 60)],
  ['a VLAN tag of two bytes', 'truncated-vlan', frame([0, 1], 0x8100)],
  ['nine VLAN tags', 'too-deep', frame([...tags(8), ...build.vlan(9, 0x0800, PACKET)], 0x8100)],
]);

function tags(count: number): Bytes {
  return Array.from({ length: count }, (_, i) => build.vlan(i, 0x8100, [])).flat();
}

const NFLOG = 239;
const PPI = 192;
const PKTAP = 258;
const PFLOG = 117;
const IPNET = 226;
const ENC = 109;
const JUNIPER = 178;

const le16 = (value: number): Bytes => [value & 255, value >> 8];
const le32 = (value: number): Bytes => [...le16(value & 0xffff), ...le16(value >>> 16)];
const attribute = (type: number, value: Bytes): Bytes => [
  ...le16(value.length + 4),
  ...le16(type),
  ...value,
  ...zeros(-value.length & 3),
];
const nflog = (attributes: Bytes, family = 2): Bytes => [family, 0, 0, 1, ...attributes];
const ppi = (linkType: number, load: Bytes, length = 8): Bytes => [0, 0, ...le16(length), ...le32(linkType), ...load];
const pktap = (linkType: number, load: Bytes, length = 108, record = 1): Bytes => {
  const header = [...le32(length), ...le32(record), ...le32(linkType)];
  return [...header, ...zeros(96), ...load];
};
const pflog = (length: number, family: number): Bytes => [length, family, ...zeros(62), ...PACKET];
const ipnet = (length: number, family = 2): Bytes => [2, family, 0, 0, ...u32(length), ...zeros(16), ...PACKET];
const juniper = (flags: number, load: Bytes): Bytes => [0x4d, 0x47, 0x43, flags, ...load];

describe('links with notes in front', () => {
  it.each<readonly [string, string, number, Bytes]>([
    ['NFLOG of three bytes', 'truncated-link', NFLOG, [2, 0, 0]],
    ['NFLOG without an attribute', 'truncated-link', NFLOG, nflog([])],
    ['NFLOG without a payload', 'unsupported-frame', NFLOG, nflog(attribute(10, [65, 0]))],
    ['NFLOG whose attribute is shorter than its header', 'unsupported-frame', NFLOG, nflog([3, 0, 9, 0, ...PACKET])],
    ['NFLOG whose attribute has length 0', 'unsupported-frame', NFLOG, nflog([0, 0, 1, 0, ...zeros(60)])],
    ['NFLOG whose attribute passes the end', 'unsupported-frame', NFLOG, nflog([255, 255, 1, 0, ...PACKET])],
    ['NFLOG cut in an attribute header', 'truncated-link', NFLOG, nflog([...attribute(1, [8, 0, 0, 0]), 8, 0])],
    ['NFLOG whose payload claims more than there is', 'ok', NFLOG, nflog([255, 255, 9, 0, ...PACKET])],
    ['NFLOG whose payload is empty', 'truncated-ipv4', NFLOG, nflog([...attribute(9, []), ...PACKET])],
    [
      'NFLOG whose payload is shorter than its packet',
      'truncated-udp',
      NFLOG,
      nflog(attribute(9, PACKET.slice(0, 24))),
    ],
    ['NFLOG of a bridge, without an ethertype', 'unsupported-frame', NFLOG, nflog(attribute(9, PACKET), 7)],
    ['NFLOG of a bridge, IPv4', 'ok', NFLOG, nflog([...attribute(1, [8, 0, 3, 0]), ...attribute(9, PACKET)], 7)],
    ['NFLOG of a bridge, ARP', 'arp', NFLOG, nflog([...attribute(1, [8, 6, 3, 0]), ...attribute(9, zeros(28))], 7)],
    [
      'NFLOG that says IPv6 and holds IPv4',
      'malformed-ipv6',
      NFLOG,
      nflog(attribute(9, [...PACKET, ...zeros(20)]), 10),
    ],
    ['PPI of seven bytes', 'truncated-link', PPI, ppi(1, []).slice(0, 7)],
    ['PPI of version 1', 'malformed-link', PPI, [1, ...ppi(101, PACKET).slice(1)]],
    ['PPI of length 7', 'malformed-link', PPI, ppi(101, PACKET, 7)],
    ['PPI longer than the frame', 'truncated-link', PPI, ppi(101, PACKET, 500)],
    ['PPI around a link type that is not read', 'unsupported-link-type', PPI, ppi(147, PACKET)],
    ['PPI around a link type beyond 16 bits', 'unsupported-link-type', PPI, ppi(0x10001, PACKET)],
    ['PPI around PPI', 'unsupported-link-type', PPI, ppi(PPI, ppi(101, PACKET))],
    ['PPI around PKTAP', 'unsupported-link-type', PPI, ppi(PKTAP, pktap(101, PACKET))],
    ['PPI around NFLOG', 'ok', PPI, ppi(NFLOG, nflog(attribute(9, PACKET)))],
    ['PKTAP of 107 bytes', 'truncated-link', PKTAP, pktap(101, []).slice(0, 107)],
    ['PKTAP of length 107', 'malformed-link', PKTAP, pktap(101, PACKET, 107)],
    ['PKTAP of length 2^32 - 1', 'truncated-link', PKTAP, pktap(101, PACKET, 0xffffffff)],
    ['PKTAP without a packet', 'unsupported-frame', PKTAP, pktap(101, PACKET, 108, 0)],
    ['PKTAP around PKTAP', 'unsupported-link-type', PKTAP, pktap(PKTAP, pktap(101, PACKET))],
    ['PKTAP around a link type that is not read', 'unsupported-link-type', PKTAP, pktap(149, PACKET)],
    ['PFLOG without a byte', 'truncated-link', PFLOG, []],
    ['PFLOG of length 44', 'malformed-link', PFLOG, pflog(44, 2)],
    ['PFLOG longer than the frame', 'truncated-link', PFLOG, pflog(255, 2)],
    ['PFLOG of another family', 'unsupported-frame', PFLOG, pflog(61, 18)],
    ['PFLOG of length 61, padded', 'ok', PFLOG, pflog(61, 2)],
    ['IPNET of 23 bytes', 'truncated-link', IPNET, ipnet(PACKET.length).slice(0, 23)],
    ['IPNET whose packet is longer than the frame', 'malformed-link', IPNET, ipnet(500)],
    ['IPNET whose packet leaves no room for the header', 'malformed-link', IPNET, ipnet(PACKET.length + 1)],
    ['IPNET without a packet', 'truncated-ipv4', IPNET, ipnet(0)],
    ['IPNET of another family', 'unsupported-frame', IPNET, ipnet(PACKET.length, 10)],
    ['ENC of eleven bytes', 'truncated-link', ENC, zeros(11)],
    ['ENC of another family', 'unsupported-frame', ENC, [7, 0, 0, 0, ...zeros(8), ...PACKET]],
    ['ENC that says IPv6 and holds IPv4', 'malformed-ipv6', ENC, [24, 0, 0, 0, ...zeros(8), ...PACKET, ...zeros(20)]],
    ['Juniper of three bytes', 'truncated-link', JUNIPER, juniper(0, []).slice(0, 3)],
    ['Juniper without the length of its extensions', 'truncated-link', JUNIPER, juniper(0x80, [0])],
    ['Juniper whose extensions pass the end', 'truncated-link', JUNIPER, juniper(0x80, [255, 255, ...frame(PACKET)])],
    ['Juniper without its protocol', 'truncated-link', JUNIPER, juniper(0x02, [2, 0, 0])],
    ['Juniper of another protocol', 'unsupported-frame', JUNIPER, juniper(0x02, [200, 0, 0, 0, ...PACKET])],
    [
      'Juniper that says MPLS, with an endless stack',
      'malformed-mpls',
      JUNIPER,
      juniper(0x02, [5, 0, 0, 0, ...zeros(400)]),
    ],
    ['Juniper without a magic, cut', 'truncated-link', JUNIPER, frame(PACKET).slice(0, 13)],
  ])('%s: %s', (_, status, linkType, octets) => {
    expect(statusOf(bytesOf(octets), linkType)).toBe(status);
  });
});

describe('links that are not Ethernet', () => {
  it.each<readonly [string, string, number, Bytes]>([
    ['an unknown link type', 'unsupported-link-type', 147, PACKET],
    ['raw IP of version 5', 'malformed-link', LINK_TYPES.raw, withBytes(PACKET, 0, [0x55])],
    ['raw IP without a byte', 'truncated-link', LINK_TYPES.raw, []],
    ['the IPv4 link with IPv6 on it', 'malformed-ipv4', 228, build.ipv6(17, DATAGRAM)],
    ['the IPv6 link with IPv4 on it', 'malformed-ipv6', 229, [...PACKET, ...zeros(20)]],
    ['an unknown loopback family', 'unsupported-frame', LINK_TYPES.null, [7, 0, 0, 0, ...PACKET]],
    ['a cut loopback header', 'truncated-link', LINK_TYPES.null, [2, 0, 0]],
    ['an SLL header without its protocol', 'truncated-link', LINK_TYPES.sll, zeros(15)],
    ['an SLL frame of Novell', 'unsupported-frame', LINK_TYPES.sll, [...zeros(14), 0, 1, ...PACKET]],
    ['an SLL2 header one byte short', 'truncated-link', LINK_TYPES.sll2, zeros(19)],
    ['C-HDLC with another address', 'unsupported-frame', LINK_TYPES.hdlc, [0x1f, 0, 8, 0, ...PACKET]],
    ['C-HDLC with a length', 'unsupported-frame', LINK_TYPES.hdlc, [0x0f, 0, 0, 60, ...PACKET]],
    ['PPP without a protocol', 'truncated-link', LINK_TYPES.ppp, [0xff, 0x03]],
    ['PPP with half a protocol', 'truncated-link', LINK_TYPES.ppp, [0xff, 0x03, 0]],
    ['PPP with an unknown protocol', 'unsupported-frame', LINK_TYPES.ppp, [0xc0, 0x23, ...PACKET]],
    ['radiotap of version 1', 'malformed-link', LINK_TYPES.radiotap, [1, 0, 8, 0, ...zeros(60)]],
    ['radiotap of length 7', 'malformed-link', LINK_TYPES.radiotap, [0, 0, 7, 0, ...zeros(60)]],
    ['radiotap longer than the frame', 'truncated-link', LINK_TYPES.radiotap, [0, 0, 80, 0, ...zeros(60)]],
    ['an 802.11 aggregate', 'unsupported-frame', LINK_TYPES.wifi, [0x88, 1, ...zeros(22), 0x80, 0, ...zeros(40)]],
    ['an 802.11 fragment', 'unsupported-frame', LINK_TYPES.wifi, [0x08, 1, ...zeros(20), 3, 0, ...zeros(40)]],
    ['802.11 data without data', 'unsupported-frame', LINK_TYPES.wifi, [0x48, 1, ...zeros(22)]],
    ['802.11 of version 1', 'unsupported-frame', LINK_TYPES.wifi, [0x09, 1, ...zeros(60)]],
    ['an 802.11 header one byte short', 'truncated-link', LINK_TYPES.wifi, [0x08, 1, ...zeros(21)]],
  ])('%s: %s', (_, status, linkType, octets) => {
    expect(statusOf(bytesOf(octets), linkType)).toBe(status);
  });

  it('SNAP cut by the capture: truncated-link', () => {
    const octets = frame([0xaa, 0xaa, 3, 0], 60);
    expect(statusOf(bytesOf(octets), ETHERNET, 74)).toBe('truncated-link');
  });
});

table('MPLS', ETHERNET, [
  [
    '16 entries without a bottom',
    'malformed-mpls',
    frame(Array.from({ length: 17 }, () => build.label(1, false)).flat(), 0x8847),
  ],
  ['no bottom before the end', 'truncated-mpls', frame([...build.label(1, false), ...build.label(2, false)], 0x8847)],
  ['nothing below the bottom', 'truncated-mpls', frame(build.label(1, true), 0x8847)],
  ['a control word and nothing', 'truncated-link', frame([...build.label(1, true), 0, 0], 0x8847)],
  ['a stack in a stack in a stack', 'too-deep', frame(nestedStacks(9), 0x8847)],
]);

function nestedStacks(count: number): Bytes {
  if (count === 0) return PACKET;
  return [...build.label(count, true), 0, 0, 0, 0, ...frame(nestedStacks(count - 1), 0x8847)];
}

table('PPPoE', ETHERNET, [
  ['version 2', 'malformed-pppoe', frame([0x21, 0, 0, 1, 0, 34, 0, 0x21, ...PACKET], 0x8864)],
  ['type 2', 'malformed-pppoe', frame([0x12, 0, 0, 1, 0, 34, 0, 0x21, ...PACKET], 0x8864)],
  ['a code that is not session data', 'malformed-pppoe', frame([0x11, 9, 0, 1, 0, 34, 0, 0x21, ...PACKET], 0x8864)],
  ['length 0', 'truncated-link', frame([0x11, 0, 0, 1, 0, 0, 0, 0x21, ...PACKET], 0x8864)],
  ['length 1', 'truncated-link', frame([0x11, 0, 0, 1, 0, 1, 0, 0x21, ...PACKET], 0x8864)],
  ['a length that cuts the IP header', 'truncated-ipv4', frame([0x11, 0, 0, 1, 0, 12, 0, 0x21, ...PACKET], 0x8864)],
  ['five bytes', 'truncated-pppoe', frame([0x11, 0, 0, 1, 0], 0x8864)],
]);

table('IPv4', ETHERNET, [
  ['header of 16 bytes', 'malformed-ipv4', frame(withBytes(PACKET, 0, [0x44]))],
  ['header of 0 bytes', 'malformed-ipv4', frame(withBytes(PACKET, 0, [0x40]))],
  ['version 6 under the IPv4 type', 'malformed-ipv4', frame(withBytes(PACKET, 0, [0x65]))],
  ['header longer than the frame', 'truncated-ipv4', frame(withBytes(PACKET, 0, [0x4f]))],
  ['total length below the header', 'malformed-ipv4', frame(withBytes(PACKET, 2, u16(19)))],
  [
    'total length below a header with options',
    'malformed-ipv4',
    frame([...withBytes(PACKET, 0, [0x46]).slice(0, 2), 0, 23, ...PACKET.slice(4), ...zeros(8)]),
  ],
  ['total length of the header alone', 'malformed-udp', frame(withBytes(PACKET, 2, u16(20)))],
  ['total length 0: up to the end of the frame', 'ok', frame(withBytes(PACKET, 2, u16(0)))],
  ['total length beyond the frame', 'ok', frame(withBytes(PACKET, 2, u16(1500)))],
  ['a fragment behind the end of any datagram', 'ok', frame(build.ipv4(17, zeros(16), { offset: 65528 }))],
  [
    'a first fragment without the UDP header',
    'tiny-fragment',
    frame(build.ipv4(17, DATAGRAM.slice(0, 4), { more: true })),
  ],
  ['a first fragment without the TCP header', 'tiny-fragment', frame(build.ipv4(6, zeros(16), { more: true }))],
  [
    'a later fragment of a tunnel in a first fragment',
    'fragment-without-first',
    frame(build.ipv4(4, build.ipv4(17, zeros(8), { offset: 8 }), { more: true })),
  ],
  ['a protocol that is not ours', 'unsupported-transport', frame(build.ipv4(255, DATAGRAM))],
  ['a later fragment of ICMP', 'icmp', frame(build.ipv4(1, zeros(8), { offset: 8 }))],
]);

const V6 = 0x86dd;
const chain = (count: number, length = 8): Bytes =>
  count === 0 ? DATAGRAM : build.extension(count === 1 ? 17 : 60, length, chain(count - 1, length));

table('IPv6', ETHERNET, [
  ['version 4 under the IPv6 type', 'malformed-ipv6', frame([0x45, ...build.ipv6(17, DATAGRAM).slice(1)], V6)],
  ['39 bytes', 'truncated-ipv6', frame(build.ipv6(17, []).slice(0, 39), V6)],
  ['12 extension headers', 'ok', frame(build.ipv6(60, chain(12)), V6)],
  ['13 extension headers', 'malformed-ipv6', frame(build.ipv6(60, chain(13)), V6)],
  ['200 extension headers', 'malformed-ipv6', frame(build.ipv6(60, chain(200)), V6)],
  [
    'hop-by-hop options that call themselves next',
    'malformed-ipv6',
    frame(build.ipv6(0, Array.from({ length: 40 }, () => build.extension(0, 8, [])).flat()), V6),
  ],
  [
    'fragment headers without end',
    'malformed-ipv6',
    frame(build.ipv6(44, Array.from({ length: 40 }, () => build.fragmentHeader(44, 0, false, 1, [])).flat()), V6),
  ],
  [
    'an extension longer than the packet',
    'truncated-ipv6-extension',
    frame(build.ipv6(0, withBytes(chain(1), 1, [255])), V6),
  ],
  ['an extension of one byte', 'truncated-ipv6-extension', frame(build.ipv6(0, [17]), V6)],
  ['a cut fragment header', 'truncated-ipv6-extension', frame(build.ipv6(44, [17, 0, 0, 0]), V6)],
  [
    'a payload length that cuts the UDP header',
    'malformed-udp',
    frame(withBytes(build.ipv6(17, DATAGRAM), 4, u16(7)), V6),
  ],
  ['payload length 0: up to the end of the frame', 'ok', frame(withBytes(build.ipv6(17, DATAGRAM), 4, u16(0)), V6)],
  [
    'a first fragment that ends in its extensions',
    'truncated-ipv6-extension',
    frame(build.ipv6(44, build.fragmentHeader(60, 0, true, 1, [17])), V6),
  ],
  [
    'a later fragment in a first one',
    'fragment-without-first',
    frame(build.ipv6(44, build.fragmentHeader(44, 0, true, 1, build.fragmentHeader(17, 8, false, 2, zeros(8)))), V6),
  ],
  [
    'a later fragment that begins with destination options',
    'ok',
    frame(build.ipv6(44, build.fragmentHeader(60, 1448, false, 1, zeros(8))), V6),
  ],
  ['no next header, with bytes after', 'no-next-header', frame(build.ipv6(59, DATAGRAM), V6)],
]);

table('UDP', ETHERNET, [
  ...Array.from({ length: 8 }, (_, length): Row => [
    `length ${length}`,
    'malformed-udp',
    frame(build.ipv4(17, withBytes(DATAGRAM, 4, u16(length)))),
  ]),
  ['length 8 with bytes after', 'ok', frame(build.ipv4(17, withBytes(DATAGRAM, 4, u16(8))))],
  ['length one beyond the packet', 'malformed-udp', frame(build.ipv4(17, withBytes(DATAGRAM, 4, u16(13))))],
  ['length 65535', 'malformed-udp', frame(build.ipv4(17, withBytes(DATAGRAM, 4, u16(65535))))],
  ['length beyond the first fragment', 'ok', frame(build.ipv4(17, withBytes(DATAGRAM, 4, u16(3000)), { more: true }))],
  ['seven bytes', 'malformed-udp', frame(build.ipv4(17, DATAGRAM.slice(0, 7)))],
]);

const SEGMENT = build.tcp(1, 2, [1, 2, 3, 4]);
table('TCP', ETHERNET, [
  ...Array.from({ length: 5 }, (_, words): Row => [
    `data offset ${words}`,
    'malformed-tcp',
    frame(build.ipv4(6, withBytes(SEGMENT, 12, [words << 4]))),
  ]),
  ['data offset behind the packet', 'malformed-tcp', frame(build.ipv4(6, withBytes(SEGMENT, 12, [0xf0])))],
  ["data offset on the packet's end", 'ok', frame(build.ipv4(6, withBytes(SEGMENT, 12, [0x60])))],
  ['19 bytes', 'malformed-tcp', frame(build.ipv4(6, SEGMENT.slice(0, 19)))],
  ['SYN, FIN and RST at once', 'ok', frame(build.ipv4(6, withBytes(SEGMENT, 13, [0xff])))],
]);

const AH = [50, 4, 0, 0, ...u32(0x1000), ...u32(1), ...zeros(12), ...u32(0x1001), ...u32(1), ...zeros(16)];
table('ESP and AH', ETHERNET, [
  ['ESP with SPI 0', 'malformed-esp', frame(build.ipv4(50, zeros(24)))],
  ['ESP of 7 bytes', 'malformed-esp', frame(build.ipv4(50, [0, 0, 1, 0, 0, 0, 0]))],
  ['AH', 'ok', frame(build.ipv4(51, AH))],
  ['AH of length 0', 'malformed-ah', frame(build.ipv4(51, withBytes(AH, 1, [0])))],
  ['AH without a check value', 'malformed-ah', frame(build.ipv4(51, withBytes(AH, 1, [1])))],
  ['AH longer than the packet', 'malformed-ah', frame(build.ipv4(51, withBytes(AH, 1, [255])))],
  ['AH with a reserved bit', 'malformed-ah', frame(build.ipv4(51, withBytes(AH, 3, [1])))],
  ['AH with SPI 0', 'malformed-ah', frame(build.ipv4(51, withBytes(AH, 4, u32(0))))],
  ['AH of 11 bytes', 'malformed-ah', frame(build.ipv4(51, AH.slice(0, 11)))],
]);

const tunnel = (octets: Bytes): Bytes => frame(build.ipv4(47, octets));
table('GRE and ERSPAN', ETHERNET, [
  ['version 7', 'unsupported-gre', tunnel(build.gre(0x0800, PACKET, 7))],
  ['routing', 'unsupported-gre', tunnel(build.gre(0x0800, PACKET, 0x4000))],
  ['three bytes', 'truncated-gre', tunnel([0, 0, 8])],
  ['cut optional fields', 'truncated-gre', tunnel(build.gre(0x0800, zeros(11), 0xb000))],
  ['a type that is a length', 'unsupported-gre', tunnel(build.gre(0x0042, PACKET))],
  ['an unknown type', 'unsupported-ethertype', tunnel(build.gre(0x88cc, PACKET))],
  ['bridging without a frame', 'truncated-link', tunnel(build.gre(0x6558, zeros(13)))],
  ['ERSPAN II cut', 'truncated-erspan', tunnel(build.gre(0x88be, zeros(11), 0x1000))],
  [
    'ERSPAN II of version 2',
    'unsupported-gre',
    tunnel(build.gre(0x88be, [0, 0, 0, 1, 0x20, ...zeros(7), ...frame(PACKET)], 0x1000)),
  ],
  [
    'ERSPAN III of version 1',
    'unsupported-gre',
    tunnel(build.gre(0x22eb, [0, 0, 0, 1, 0x10, ...zeros(11), ...frame(PACKET)], 0x1000)),
  ],
  [
    'ERSPAN III with a frame that is not Ethernet',
    'unsupported-frame',
    tunnel(build.gre(0x22eb, [0, 0, 0, 1, 0x20, ...zeros(9), 0x08, 0, ...frame(PACKET)], 0x1000)),
  ],
  [
    'ERSPAN III without its platform subheader',
    'truncated-erspan',
    tunnel(build.gre(0x22eb, [0, 0, 0, 1, 0x20, ...zeros(10), 1, ...zeros(7)], 0x1000)),
  ],
]);

describe('nesting', () => {
  const wrap: Record<string, (octets: Bytes) => Bytes> = {
    'IPv4 in IPv4': (octets) => build.ipv4(4, octets),
    GRE: (octets) => build.ipv4(47, build.gre(0x0800, octets)),
    VXLAN: (octets) => build.ipv4(17, build.udp(5, 4789, build.vxlan(1, frame(octets)))),
    Geneve: (octets) => build.ipv4(17, build.udp(5, 6081, build.geneve(0x0800, 1, octets))),
    'GTP-U': (octets) => build.ipv4(17, build.udp(5, 2152, build.gtp(1, octets))),
  };
  const nested = (around: (octets: Bytes) => Bytes, count: number): Bytes =>
    count === 0 ? PACKET : around(nested(around, count - 1));

  it.each(Object.entries(wrap))('%s: 8 deep is read, 9 and 20 are too deep', (_, around) => {
    expect(statusOf(bytesOf(frame(nested(around, 8))), ETHERNET)).toBe('ok');
    expect(statusOf(bytesOf(frame(nested(around, 9))), ETHERNET)).toBe('too-deep');
    expect(statusOf(bytesOf(frame(nested(around, 20))), ETHERNET)).toBe('too-deep');
  });
});
