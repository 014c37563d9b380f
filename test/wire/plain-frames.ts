/**
 * The plainest packets read in the plainest way: Ethernet with VLAN tags, IPv4 or IPv6 that is whole, TCP or UDP at once. What the
 * compiled walk is held against, with none of its code.
 */

/** What such a frame holds. Addresses are hexadecimal; offsets count from the frame's first byte. */
export interface PlainFrame {
  readonly source: string;
  readonly destination: string;
  readonly transport: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payloadAt: number;
  readonly payloadLength: number;
  readonly payloadCaptured: number;
  /** Ids of the outermost two tags. */
  readonly vlans: readonly number[];
  /** TCP alone; 0 for UDP. */
  readonly sequence: number;
  readonly flags: number;
}

/** IEEE 802.1Q and what came before it. */
const TAGS = [0x8100, 0x88a8, 0x9100, 0x9200];
/** Ports at which the walk looks for a tunnel: VXLAN, VXLAN-GPE, Geneve, GTP, L2TP, TZSP, Juniper's mirror. */
const TUNNEL_PORTS = [4789, 8472, 4790, 6081, 2152, 1701, 37008, 30030];
const [TCP, UDP] = [6, 17];

/** Reads a frame; null where it is anything else, or was cut in its headers. */
export function readPlainFrame(frame: Buffer): PlainFrame | null {
  const vlans: number[] = [];
  let at = 12;
  for (; at + 4 <= frame.length && TAGS.includes(frame.readUInt16BE(at)); at += 4)
    vlans.push(frame.readUInt16BE(at + 2) & 0xfff);
  // More of them the walk counts as too deep.
  if (at + 2 > frame.length || vlans.length > 8) return null;
  const ip = frame.subarray(at + 2);
  const type = frame.readUInt16BE(at);
  const read = type === 0x0800 ? readIpv4(ip) : type === 0x86dd ? readIpv6(ip) : null;
  if (read === null) return null;
  return { ...read, payloadAt: read.payloadAt + at + 2, vlans: vlans.slice(0, 2) };
}

/** RFC 791 section 3.1. */
function readIpv4(ip: Buffer): PlainFrame | null {
  if (ip.length < 20 || ip[0] !== 0x45) return null;
  const isFragment = (ip.readUInt16BE(6) & 0x3fff) !== 0;
  const total = ip.readUInt16BE(2);
  if (isFragment || total < 20) return null;
  const mapped = (from: number): string => `${'0'.repeat(20)}ffff${ip.toString('hex', from, from + 4)}`;
  return readTransport(ip, 20, ip[9]!, total - 20, mapped(12), mapped(16));
}

/** RFC 8200 section 3. */
function readIpv6(ip: Buffer): PlainFrame | null {
  if (ip.length < 40 || ip[0]! >> 4 !== 6) return null;
  const length = ip.readUInt16BE(4);
  return readTransport(ip, 40, ip[6]!, length, ip.toString('hex', 8, 24), ip.toString('hex', 24, 40));
}

/** RFC 9293 section 3.1, RFC 768. `length` bytes follow the IP header. */
function readTransport(
  ip: Buffer,
  at: number,
  transport: number,
  length: number,
  source: string,
  destination: string,
): PlainFrame | null {
  const segment = ip.subarray(at, at + length);
  if (segment.length < (transport === TCP ? 20 : 8)) return null;
  const [sourcePort, destinationPort] = [segment.readUInt16BE(0), segment.readUInt16BE(2)];
  const isUdp = transport === UDP;
  const header = isUdp ? 8 : (segment[12]! >> 4) * 4;
  const claimed = isUdp ? segment.readUInt16BE(4) : length;
  const isPlain = isUdp
    ? claimed >= 8 && claimed <= length && !TUNNEL_PORTS.includes(destinationPort) && sourcePort !== 1701
    : transport === TCP && header >= 20 && header <= length;
  if (!isPlain) return null;
  const begin = Math.min(header, segment.length);
  return {
    ...{ source, destination, transport, sourcePort, destinationPort },
    payloadAt: at + begin,
    payloadLength: claimed - header,
    payloadCaptured: Math.min(segment.length, claimed) - begin,
    vlans: [],
    sequence: isUdp ? 0 : segment.readUInt32BE(4),
    flags: isUdp ? 0 : segment[13]!,
  };
}
