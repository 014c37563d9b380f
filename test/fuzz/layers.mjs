/**
 * Where the headers of a frame lie, and where their fields: what a fuzzer must know to damage a length rather than a bit.
 * It follows sound frames; where one is damaged it stops, or goes astray, and either is fine. It never throws.
 */

/** Fields of a header as [offset, bytes], from the header's start. */
const FIELDS = {
  ethernet: [[12, 2]],
  snap: [
    [0, 4],
    [6, 2],
  ],
  cooked: [
    [0, 2],
    [14, 2],
  ],
  cooked2: [[0, 2]],
  loopback: [[0, 4]],
  hdlc: [
    [0, 1],
    [2, 2],
  ],
  radiotap: [
    [0, 1],
    [2, 2],
    [4, 4],
    [8, 1],
  ],
  wifi: [
    [0, 1],
    [1, 1],
    [24, 2],
  ],
  vlan: [
    [0, 2],
    [2, 2],
  ],
  mpls: [
    [0, 4],
    [2, 1],
  ],
  pppoe: [
    [0, 1],
    [1, 1],
    [4, 2],
  ],
  ppp: [
    [0, 1],
    [0, 2],
  ],
  ipv4: [
    [0, 1],
    [2, 2],
    [4, 2],
    [6, 2],
    [6, 2],
    [9, 1],
    [12, 4],
    [16, 4],
    [20, 1],
  ],
  ipv6: [
    [0, 1],
    [4, 2],
    [6, 1],
    [8, 4],
    [20, 4],
    [36, 4],
  ],
  extension: [
    [0, 1],
    [1, 1],
  ],
  fragment: [
    [0, 1],
    [2, 2],
    [4, 4],
  ],
  udp: [
    [0, 2],
    [2, 2],
    [4, 2],
    [4, 2],
  ],
  tcp: [
    [0, 2],
    [2, 2],
    [4, 4],
    [8, 4],
    [12, 1],
    [13, 1],
    [13, 1],
  ],
  esp: [
    [0, 4],
    [4, 4],
  ],
  ah: [
    [0, 1],
    [1, 1],
    [2, 2],
    [4, 4],
    [8, 4],
  ],
  gre: [
    [0, 1],
    [0, 2],
    [1, 1],
    [2, 2],
  ],
  erspan: [
    [0, 2],
    [2, 2],
    [10, 2],
  ],
  vxlan: [
    [0, 4],
    [4, 4],
  ],
  geneve: [
    [0, 1],
    [1, 1],
    [2, 2],
    [4, 4],
    [8, 4],
    [11, 1],
  ],
  gtp: [
    [0, 1],
    [1, 1],
    [2, 2],
    [8, 2],
    [11, 1],
    [12, 1],
  ],
  pptp: [
    [0, 1],
    [1, 1],
    [2, 2],
    [4, 2],
  ],
  l2tp: [
    [0, 2],
    [2, 2],
    [4, 2],
    [6, 2],
    [8, 2],
  ],
  session: [
    [0, 4],
    [4, 4],
    [8, 4],
  ],
  tzsp: [
    [0, 1],
    [1, 1],
    [2, 2],
    [4, 1],
    [5, 1],
  ],
  gpe: [
    [0, 1],
    [3, 1],
    [4, 4],
  ],
  // The places where WireGuard, OpenVPN, IKE, ESP in UDP, SOCKS and HTTP keep types, lengths, counts, indexes and ids.
  payload: [
    [0, 1],
    [0, 2],
    [0, 4],
    [1, 4],
    [2, 1],
    [4, 4],
    [5, 4],
    [8, 4],
    [9, 1],
    [9, 4],
    [13, 1],
    [13, 4],
    [16, 1],
    [17, 1],
    [18, 1],
    [19, 1],
    [20, 4],
    [24, 4],
    [28, 1],
    [28, 4],
    [30, 2],
    [34, 2],
    [37, 4],
    [41, 1],
    [44, 2],
    [49, 4],
    [132, 4],
  ],
};

const u8 = (octets, at) => octets[at] ?? 0;
const u16 = (octets, at) => (u8(octets, at) << 8) | u8(octets, at + 1);
const step = (kind, at) => ({ kind, at });

/** Tunnels by the port that they are looked for on. */
const UDP_TUNNELS = {
  1701: 'l2tp',
  2152: 'gtp',
  4789: 'vxlan',
  4790: 'gpe',
  6081: 'geneve',
  8472: 'vxlan',
  37008: 'tzsp',
};

/** The layer that an ethertype names. */
function byEtherType(type, at) {
  switch (type) {
    case 0x8100:
    case 0x88a8:
    case 0x9100:
    case 0x9200:
      return step('vlan', at);
    case 0x0800:
      return step('ipv4', at);
    case 0x86dd:
      return step('ipv6', at);
    case 0x8847:
    case 0x8848:
      return step('mpls', at);
    case 0x8864:
      return step('pppoe', at);
    default:
      return type < 0x600 ? step('snap', at) : undefined;
  }
}

function byIpProtocol(protocol, at) {
  const kind = { 4: 'ipv4', 6: 'tcp', 17: 'udp', 41: 'ipv6', 47: 'gre', 50: 'esp', 51: 'ah', 115: 'session' }[protocol];
  return step(kind ?? 'payload', at);
}

function byVersion(octets, at) {
  const version = u8(octets, at) >> 4;
  return version === 4 ? step('ipv4', at) : version === 6 ? step('ipv6', at) : undefined;
}

/** From a header to the next one: `(bytes, at) → step`, or nothing at the end. */
const NEXT = {
  ethernet: (octets, at) => byEtherType(u16(octets, at + 12), at + 14),
  snap: (octets, at) => byEtherType(u16(octets, at + 6), at + 8),
  cooked: (octets, at) => byEtherType(u16(octets, at + 14), at + 16),
  cooked2: (octets, at) => byEtherType(u16(octets, at), at + 20),
  loopback: (octets, at) => byVersion(octets, at + 4),
  hdlc: (octets, at) => byEtherType(u16(octets, at + 2), at + 4),
  radiotap: (octets, at) => step('wifi', at + (u8(octets, at + 2) | (u8(octets, at + 3) << 8))),
  wifi: (octets, at) => {
    const four = (u8(octets, at + 1) & 3) === 3 ? 6 : 0;
    const quality = (u8(octets, at) & 0x80) !== 0 ? 2 : 0;
    return step('snap', at + 24 + four + quality + (u8(octets, at + 1) & 0x80 ? 4 : 0));
  },
  vlan: (octets, at) => byEtherType(u16(octets, at + 2), at + 4),
  mpls: (octets, at) => {
    if ((u8(octets, at + 2) & 1) === 0) return step('mpls', at + 4);
    return byVersion(octets, at + 4) ?? step('ethernet', at + 4 + (u8(octets, at + 4) >> 4 === 0 ? 4 : 0));
  },
  pppoe: (octets, at) => step('ppp', at + 6),
  ppp: (octets, at) => {
    const framed = u16(octets, at) === 0xff03 ? at + 2 : at;
    const short = (u8(octets, framed) & 1) === 1;
    const protocol = short ? u8(octets, framed) : u16(octets, framed);
    const behind = framed + (short ? 1 : 2);
    return protocol === 0x21 ? step('ipv4', behind) : protocol === 0x57 ? step('ipv6', behind) : undefined;
  },
  ipv4: (octets, at) => {
    const behind = at + (u8(octets, at) & 15) * 4;
    return (u16(octets, at + 6) & 0x1fff) === 0 ? byIpProtocol(u8(octets, at + 9), behind) : step('payload', behind);
  },
  ipv6: (octets, at) => byIpv6Next(u8(octets, at + 6), at + 40),
  extension: (octets, at) => byIpv6Next(u8(octets, at), at + 8 * (u8(octets, at + 1) + 1)),
  fragment: (octets, at) =>
    (u16(octets, at + 2) & 0xfff8) === 0 ? byIpv6Next(u8(octets, at), at + 8) : step('payload', at + 8),
  udp: (octets, at) => {
    const kind = UDP_TUNNELS[u16(octets, at + 2)] ?? UDP_TUNNELS[u16(octets, at) === 1701 ? 1701 : 0];
    return step(kind ?? 'payload', at + 8);
  },
  tcp: (octets, at) => step('payload', at + (u8(octets, at + 12) >> 4) * 4),
  gre: (octets, at) => {
    const flags = u16(octets, at);
    const type = u16(octets, at + 2);
    if ((flags & 7) === 1) return step('pptp', at);
    const behind = at + 4 + [0x8000, 0x2000, 0x1000].filter((flag) => (flags & flag) !== 0).length * 4;
    if (type === 0x6558) return step('ethernet', behind);
    if (type === 0x880b) return step('ppp', behind);
    if (type === 0x88be) return (flags & 0x1000) === 0 ? step('ethernet', behind) : step('erspan', behind);
    return type === 0x22eb ? step('erspan', behind) : byEtherType(type, behind);
  },
  erspan: (octets, at) => {
    const third = u8(octets, at) >> 4 === 2;
    return step('ethernet', at + (third ? 12 + (u8(octets, at + 11) & 1) * 8 : 8));
  },
  pptp: (octets, at) => {
    const numbers = (u8(octets, at) & 0x10 ? 4 : 0) + (u8(octets, at + 1) & 0x80 ? 4 : 0);
    return step('ppp', at + 8 + numbers);
  },
  l2tp: (octets, at) => {
    const flags = u16(octets, at);
    if ((flags & 15) === 3) return step('session', at + 4);
    let length = 6 + (flags & 0x4000 ? 2 : 0) + (flags & 0x0800 ? 4 : 0);
    if (flags & 0x0200) length += 2 + u16(octets, at + length);
    return step('ppp', at + length);
  },
  // Cookie and sublayer have no length of their own: the first place where a frame with IP in it lies.
  session: (octets, at) => {
    for (let behind = at + 4; behind <= at + 16; behind += 4) {
      if (u16(octets, behind) === 0xff03) return step('ppp', behind);
      if (u16(octets, behind) === 0x0f00) return step('hdlc', behind);
      if ([0x0800, 0x86dd, 0x8100].includes(u16(octets, behind + 12))) return step('ethernet', behind);
    }
    return undefined;
  },
  tzsp: (octets, at) => {
    let behind = at + 4;
    for (let count = 0; u8(octets, behind) !== 1 && count < 16; count++) {
      behind += u8(octets, behind) === 0 ? 1 : 2 + u8(octets, behind + 1);
    }
    return step(u16(octets, at + 2) === 18 ? 'wifi' : 'ethernet', behind + 1);
  },
  gpe: (octets, at) => byVersion(octets, at + 8) ?? step('ethernet', at + 8),
  vxlan: (octets, at) => step('ethernet', at + 8),
  geneve: (octets, at) => {
    const behind = at + 8 + (u8(octets, at) & 63) * 4;
    const type = u16(octets, at + 2);
    return type === 0x6558 ? step('ethernet', behind) : byEtherType(type, behind);
  },
  gtp: (octets, at) => {
    const optional = (u8(octets, at) & 7) !== 0;
    let behind = at + (optional ? 12 : 8);
    for (let type = optional ? u8(octets, at + 11) : 0, count = 0; type !== 0 && count < 4; count++) {
      const length = u8(octets, behind) * 4;
      type = u8(octets, behind + length - 1);
      behind += length;
    }
    return byVersion(octets, behind);
  },
};

function byIpv6Next(next, at) {
  if (next === 44) return step('fragment', at);
  return [0, 43, 60, 135, 139, 140].includes(next) ? step('extension', at) : byIpProtocol(next, at);
}

const LINK_LAYERS = {
  0: 'loopback',
  1: 'ethernet',
  9: 'ppp',
  50: 'ppp',
  51: 'pppoe',
  104: 'hdlc',
  105: 'wifi',
  108: 'loopback',
  113: 'cooked',
  127: 'radiotap',
  276: 'cooked2',
};

const MOST_LAYERS = 48;

/** The layers of a frame from the outermost on: `{kind, at}`, all of them beginning inside the frame. */
export function layersOf(octets, linkType) {
  const layers = [];
  const link = LINK_LAYERS[linkType];
  let next = link === undefined ? byVersion(octets, 0) : step(link, 0);
  while (next !== undefined && next.at < octets.length && layers.length < MOST_LAYERS) {
    layers.push(next);
    next = NEXT[next.kind]?.(octets, next.at);
  }
  return layers;
}

/** Fields of a layer as `[offset in the frame, bytes]`, those that lie inside it. */
export function fieldsOf(octets, layer) {
  return FIELDS[layer.kind]
    .map(([offset, width]) => [layer.at + offset, width])
    .filter(([at, width]) => at + width <= octets.length);
}
