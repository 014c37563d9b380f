/**
 * The packets that are nearly all there are, decoded in one go: TCP or UDP at once after an IPv4 header without options
 * or an IPv6 header, no fragment, neither cut nor wrong. Any other packet is left to the steps of the walk
 * (network-walk), which give the same view for these packets too.
 */
import { byteAt, u16be, u32be } from '../memory';
import { GENEVE_PORT } from './geneve';
import { GTP_PORT } from './gtp';
import { IPV6_LENGTH } from './ipv6';
import { JUNIPER_MIRROR_PORT } from './juniper-mirror';
import { L2TP_PORT } from './l2tp';
import { LayerWalk } from './layer-walk';
import { PacketView, Transport } from './packet-view';
import { TZSP_PORT } from './tzsp';
import { UDP_LENGTH } from './udp';
import { OLD_LINUX_VXLAN_PORT, VXLAN_GPE_PORT, VXLAN_PORT } from './vxlan';

/* IPv4: version 4 and five words; total length, fragment flags and offset, protocol, addresses. */
const PLAIN_IPV4: u32 = 0x45;
const IPV4_LENGTH: i32 = 20;
const TOTAL_LENGTH: i32 = 2;
const FRAGMENT: i32 = 6;
/** More fragments, and the offset. */
const FRAGMENT_MASK: u32 = 0x3fff;
const PROTOCOL: i32 = 9;
const IPV4_SOURCE: i32 = 12;
const IPV4_DESTINATION: i32 = 16;
/** The third word of every IPv4 address. */
const IPV4_MARK: u32 = 0x0000ffff;

/* IPv6. */
const PAYLOAD_LENGTH: i32 = 4;
const NEXT_HEADER: i32 = 6;
const IPV6_SOURCE: i32 = 8;

/* TCP and UDP. */
const DESTINATION_PORT: i32 = 2;
const SEQUENCE: i32 = 4;
const DATA_OFFSET: i32 = 12;
const FLAGS: i32 = 13;
const TCP_LENGTH: i32 = 20;
const UDP_LENGTH_FIELD: i32 = 4;

/** NONE: the walk has not moved. TAKEN: the view is complete. TUNNEL: it is, unless a tunnel begins at `walk.at`. */
export enum Usual {
  NONE = 0,
  TAKEN = 1,
  TUNNEL = 2,
}

/**
 * Takes the IP packet at `walk.at` where it is one of these. One function with hardly a call: the engine does not
 * inline them, and nearly every packet comes through here.
 */
export function takeUsualPacket(walk: LayerWalk, isIpv6: bool): Usual {
  const at = walk.at;
  const end = walk.end;
  const view = walk.view;
  let protocol: u32;
  let transportAt: usize;
  /** Bytes that the packet claims after its IP header. */
  let length: i32;
  if (isIpv6) {
    if (<i32>(end - at) < IPV6_LENGTH + UDP_LENGTH || byteAt(at) >> 4 != 6) return Usual.NONE;
    protocol = byteAt(at + NEXT_HEADER);
    transportAt = at + IPV6_LENGTH;
    length = <i32>u16be(at + PAYLOAD_LENGTH);
  } else {
    if (<i32>(end - at) < IPV4_LENGTH + UDP_LENGTH || byteAt(at) != PLAIN_IPV4) return Usual.NONE;
    if ((u16be(at + FRAGMENT) & FRAGMENT_MASK) != 0) return Usual.NONE;
    protocol = byteAt(at + PROTOCOL);
    transportAt = at + IPV4_LENGTH;
    length = <i32>u16be(at + TOTAL_LENGTH) - IPV4_LENGTH;
  }
  const source = u16be(transportAt);
  const destination = u16be(transportAt + DESTINATION_PORT);
  let header: i32;
  if (protocol == Transport.TCP) {
    if (min(<i32>(end - transportAt), length) < TCP_LENGTH) return Usual.NONE;
    header = <i32>(byteAt(transportAt + DATA_OFFSET) >> 4) * 4;
    if (header < TCP_LENGTH || header > length) return Usual.NONE;
    view.tcpSequence = u32be(transportAt + SEQUENCE);
    view.tcpFlags = <u8>byteAt(transportAt + FLAGS);
  } else if (protocol == Transport.UDP) {
    header = UDP_LENGTH;
    const claimed = <i32>u16be(transportAt + UDP_LENGTH_FIELD);
    if (claimed < UDP_LENGTH || claimed > length) return Usual.NONE;
    length = claimed;
  } else {
    return Usual.NONE;
  }
  const captured = min(<i32>(end - transportAt), length);
  // A TCP header may be cut within its options.
  const payload = min(header, captured);
  view.transport = <u8>protocol;
  view.sourcePort = <u16>source;
  view.destinationPort = <u16>destination;
  view.payloadAt = <u32>transportAt + payload;
  view.payloadCaptured = captured - payload;
  view.payloadLength = length - header;
  if (isIpv6) {
    takeIpv6Addresses(view, at + IPV6_SOURCE);
  } else {
    view.source0 = 0;
    view.source1 = 0;
    view.source2 = IPV4_MARK;
    view.source3 = u32be(at + IPV4_SOURCE);
    view.destination0 = 0;
    view.destination1 = 0;
    view.destination2 = IPV4_MARK;
    view.destination3 = u32be(at + IPV4_DESTINATION);
    view.isIpv6 = false;
  }
  if (protocol == Transport.TCP || !isTunnel(source, destination)) return Usual.TAKEN;
  walk.at = transportAt + UDP_LENGTH;
  walk.bound(transportAt + length);
  return Usual.TUNNEL;
}

/** Both addresses of an IPv6 header, two words at a time; the source is at `at`. */
function takeIpv6Addresses(view: PacketView, at: usize): void {
  const source = changetype<usize>(view) + offsetof<PacketView>('source0');
  const destination = changetype<usize>(view) + offsetof<PacketView>('destination0');
  const source01 = swapWords(load<u64>(at));
  const source23 = swapWords(load<u64>(at + 8));
  const destination01 = swapWords(load<u64>(at + 16));
  const destination23 = swapWords(load<u64>(at + 24));
  store<u64>(source, source01);
  store<u64>(source + 8, source23);
  store<u64>(destination, destination01);
  store<u64>(destination + 8, destination23);
  view.isIpv6 =
    (source01 | ((<u64>(<u32>source23)) ^ IPV4_MARK)) != 0 ||
    (destination01 | ((<u64>(<u32>destination23)) ^ IPV4_MARK)) != 0;
}

/** Two words in network order, each as a number of its own. */
function swapWords(words: u64): u64 {
  const bytes = ((words & 0x00ff_00ff_00ff_00ff) << 8) | ((words >> 8) & 0x00ff_00ff_00ff_00ff);
  return ((bytes & 0x0000_ffff_0000_ffff) << 16) | ((bytes >> 16) & 0x0000_ffff_0000_ffff);
}

/** True for the ports at which the walk looks for a tunnel. */
function isTunnel(source: u32, destination: u32): bool {
  switch (<u16>destination) {
    case VXLAN_PORT:
    case OLD_LINUX_VXLAN_PORT:
    case VXLAN_GPE_PORT:
    case GENEVE_PORT:
    case GTP_PORT:
    case TZSP_PORT:
    case JUNIPER_MIRROR_PORT:
    case L2TP_PORT:
      return true;
    default:
      return source == L2TP_PORT;
  }
}
