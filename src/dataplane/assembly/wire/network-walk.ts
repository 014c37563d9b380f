/**
 * Steps of the layer walk through IP headers and transports: from an IP packet to its flow's tuple, or into a tunnel.
 */
import { ahLength, checkAh } from './ah';
import { DecodeStatus } from './decode-status';
import { checkEsp } from './esp';
import * as ipv4 from './ipv4';
import * as ipv6 from './ipv6';
import { LayerWalk } from './layer-walk';
import { Fragment, Transport } from './packet-view';
import { END } from './step';
import * as tcp from './tcp';
import { decodeIpTunnel, TunnelProtocol } from './tunnel-walk';
import * as udp from './udp';
import { decodeUdpTunnel } from './udp-tunnel-walk';

/** IP protocol numbers besides transports and tunnels (IANA protocol-numbers). */
enum IpProtocol {
  ICMP = 1,
  IGMP = 2,
  ICMPV6 = 58,
  SCTP = 132,
}

/** The third word of every IPv4 address. */
const IPV4_MARK: u32 = 0x0000ffff;

export function decodeIpv4(walk: LayerWalk): i32 {
  const at = walk.at;
  const status = ipv4.checkIpv4(at, walk.end);
  if (status != DecodeStatus.OK) return END + status;
  const total = ipv4.ipv4TotalLength(at);
  if (total != 0) walk.bound(at + total);
  const view = walk.view;
  view.source0 = 0;
  view.source1 = 0;
  view.source2 = IPV4_MARK;
  view.source3 = ipv4.ipv4Source(at);
  view.destination0 = 0;
  view.destination1 = 0;
  view.destination2 = IPV4_MARK;
  view.destination3 = ipv4.ipv4Destination(at);
  view.isIpv6 = false;
  const protocol = ipv4.ipv4Protocol(at);
  const offset = ipv4.ipv4FragmentOffset(at);
  const more = ipv4.ipv4MoreFragments(at);
  walk.at = at + ipv4.ipv4HeaderLength(at);
  if (offset != 0 || more) noteFragment(walk, protocol, ipv4.ipv4Identification(at), offset);
  return decodeTransport(walk, protocol, offset, false);
}

export function decodeIpv6(walk: LayerWalk): i32 {
  const at = walk.at;
  let status = ipv6.checkIpv6(at, walk.end);
  if (status != DecodeStatus.OK) return END + status;
  const length = ipv6.ipv6PayloadLength(at);
  if (length != 0) walk.bound(at + ipv6.IPV6_LENGTH + length);
  const view = walk.view;
  view.source0 = ipv6.ipv6SourceWord(at, 0);
  view.source1 = ipv6.ipv6SourceWord(at, 1);
  view.source2 = ipv6.ipv6SourceWord(at, 2);
  view.source3 = ipv6.ipv6SourceWord(at, 3);
  view.destination0 = ipv6.ipv6DestinationWord(at, 0);
  view.destination1 = ipv6.ipv6DestinationWord(at, 1);
  view.destination2 = ipv6.ipv6DestinationWord(at, 2);
  view.destination3 = ipv6.ipv6DestinationWord(at, 3);
  view.isIpv6 =
    !isMappedIpv4(view.source0, view.source1, view.source2) ||
    !isMappedIpv4(view.destination0, view.destination1, view.destination2);
  walk.at = at + ipv6.IPV6_LENGTH;
  let next = ipv6.ipv6NextHeader(at);
  for (let count = 0; count <= ipv6.EXTENSION_LIMIT; count++) {
    let offset = 0;
    if (next == ipv6.NextHeader.FRAGMENT) {
      status = ipv6.checkFragmentHeader(walk.at, walk.end);
      if (status != DecodeStatus.OK) return END + status;
      next = ipv6.extensionNextHeader(walk.at);
      offset = ipv6.ipv6FragmentOffset(walk.at);
      const more = ipv6.ipv6MoreFragments(walk.at);
      const id = ipv6.ipv6Identification(walk.at);
      walk.at += ipv6.FRAGMENT_HEADER_LENGTH;
      // An atomic fragment (RFC 6946) is a whole datagram.
      if (offset != 0 || more) noteFragment(walk, next, id, offset);
    } else if (ipv6.isExtension(next)) {
      status = ipv6.checkExtension(walk.at, walk.end);
      if (status != DecodeStatus.OK) return END + status;
      next = ipv6.extensionNextHeader(walk.at);
      walk.at += ipv6.extensionLength(walk.at);
    } else {
      return decodeTransport(walk, next, 0, true);
    }
    if (offset != 0) return decodeTransport(walk, next, offset, true);
  }
  return END + DecodeStatus.MALFORMED_IPV6;
}

/**
 * Keeps the outermost fragmented header's tuple, by which its datagram's fragments find each other; `walk.at` is after
 * it.
 */
function noteFragment(walk: LayerWalk, protocol: i32, id: u32, offset: i32): void {
  const view = walk.view;
  const header = walk.fragment;
  if (view.fragment != Fragment.NONE) return;
  view.fragment = <u8>(offset == 0 ? Fragment.FIRST : Fragment.LATER);
  header.id = id;
  header.protocol = protocol;
  header.offset = offset;
  header.length = <i32>(walk.wireEnd - walk.at);
  header.domain = view.domain;
  header.source0 = view.source0;
  header.source1 = view.source1;
  header.source2 = view.source2;
  header.source3 = view.source3;
  header.destination0 = view.destination0;
  header.destination1 = view.destination1;
  header.destination2 = view.destination2;
  header.destination3 = view.destination3;
}

/** True when the words are an IPv4 address. */
function isMappedIpv4(word0: u32, word1: u32, word2: u32): bool {
  return word0 == 0 && word1 == 0 && word2 == IPV4_MARK;
}

/** What an IP protocol number names; `offset` is that of a fragment, whose first bytes are no header unless it is 0. */
function decodeTransport(walk: LayerWalk, protocol: i32, offset: i32, inIpv6: bool): i32 {
  switch (protocol) {
    case Transport.TCP:
    case Transport.UDP:
    case Transport.ESP:
    case Transport.AH:
      break;
    case IpProtocol.ICMP:
      return END + DecodeStatus.ICMP;
    case IpProtocol.ICMPV6:
      return END + DecodeStatus.ICMPV6;
    case IpProtocol.IGMP:
      return END + DecodeStatus.IGMP;
    case IpProtocol.SCTP:
      return END + DecodeStatus.SCTP;
    case ipv6.NextHeader.NONE:
      return END + DecodeStatus.NO_NEXT_HEADER;
    case TunnelProtocol.IPV4:
    case TunnelProtocol.IPV6:
    case TunnelProtocol.GRE:
    case TunnelProtocol.L2TP:
      return offset == 0 ? decodeIpTunnel(walk, protocol, inIpv6) : laterFragment(walk);
    default:
      // The fragmented part may begin with more extension headers; the first fragment knows what follows them.
      if (inIpv6 && offset != 0 && ipv6.isExtension(protocol)) return laterFragment(walk);
      return END + DecodeStatus.UNSUPPORTED_TRANSPORT;
  }
  if (offset != 0) return laterFragment(walk);
  walk.view.transport = <u8>protocol;
  if (protocol == Transport.UDP) return decodeUdp(walk);
  if (protocol == Transport.TCP) return decodeTcp(walk);
  return decodeIpsec(walk, protocol);
}

/**
 * A fragment without a header of its own. Inside a datagram that is itself a first fragment it cannot be tied to a
 * flow.
 */
function laterFragment(walk: LayerWalk): i32 {
  const view = walk.view;
  if (view.fragment != Fragment.LATER) return END + DecodeStatus.FRAGMENT_WITHOUT_FIRST;
  view.transport = <u8>walk.fragment.protocol;
  view.payloadAt = <u32>walk.at;
  view.payloadCaptured = <i32>(walk.end - walk.at);
  view.payloadLength = <i32>(walk.wireEnd - walk.at);
  return END + DecodeStatus.OK;
}

/**
 * A header cut short: by the capture; by the length that an outer header claims; or, in a first fragment, by a sender
 * who hides it from filters (RFC 1858).
 */
function cutHeader(walk: LayerWalk, truncated: DecodeStatus, malformed: DecodeStatus): i32 {
  if (walk.end < walk.wireEnd) return END + truncated;
  return END + (walk.view.fragment == Fragment.FIRST ? DecodeStatus.TINY_FRAGMENT : malformed);
}

function decodeUdp(walk: LayerWalk): i32 {
  const at = walk.at;
  const end = walk.end;
  const status = udp.checkUdp(at, end);
  if (status == DecodeStatus.TRUNCATED_UDP) return cutHeader(walk, status, DecodeStatus.MALFORMED_UDP);
  if (status != DecodeStatus.OK) return END + status;
  const view = walk.view;
  const length = udp.udpLength(at);
  if (<i32>(walk.wireEnd - at) < length) {
    // In a first fragment the length is that of the whole datagram.
    if (view.fragment == Fragment.NONE) return END + DecodeStatus.MALFORMED_UDP;
    walk.wireEnd = at + length;
  } else {
    walk.bound(at + length);
  }
  view.sourcePort = <u16>udp.udpSourcePort(at);
  view.destinationPort = <u16>udp.udpDestinationPort(at);
  walk.at = at + udp.UDP_LENGTH;
  const tunnel = decodeUdpTunnel(walk);
  if (tunnel >= 0) return tunnel;
  return endWithPayload(walk);
}

function endWithPayload(walk: LayerWalk): i32 {
  // A TCP header may be cut within its options.
  const view = walk.view;
  view.payloadAt = <u32>min(walk.at, walk.end);
  view.payloadCaptured = max(0, <i32>(walk.end - walk.at));
  view.payloadLength = max(0, <i32>(walk.wireEnd - walk.at));
  return END + DecodeStatus.OK;
}

function decodeTcp(walk: LayerWalk): i32 {
  const at = walk.at;
  const end = walk.end;
  const status = tcp.checkTcp(at, end);
  if (status == DecodeStatus.TRUNCATED_TCP) return cutHeader(walk, status, DecodeStatus.MALFORMED_TCP);
  if (status != DecodeStatus.OK) return END + status;
  const headerLength = tcp.tcpHeaderLength(at);
  if (<i32>(walk.wireEnd - at) < headerLength) return END + DecodeStatus.MALFORMED_TCP;
  const view = walk.view;
  view.sourcePort = <u16>tcp.tcpSourcePort(at);
  view.destinationPort = <u16>tcp.tcpDestinationPort(at);
  view.tcpSequence = tcp.tcpSequence(at);
  view.tcpFlags = <u8>tcp.tcpFlags(at);
  walk.at = at + headerLength;
  return endWithPayload(walk);
}

function decodeIpsec(walk: LayerWalk, protocol: i32): i32 {
  const at = walk.at;
  const end = walk.end;
  const isAh = protocol == Transport.AH;
  const status = isAh ? checkAh(at, end) : checkEsp(at, end);
  if (status == DecodeStatus.TRUNCATED_ESP) return cutHeader(walk, status, DecodeStatus.MALFORMED_ESP);
  if (status == DecodeStatus.TRUNCATED_AH) return cutHeader(walk, status, DecodeStatus.MALFORMED_AH);
  if (status != DecodeStatus.OK) return END + status;
  const view = walk.view;
  if (isAh && view.fragment == Fragment.NONE && <i32>(walk.wireEnd - at) < ahLength(at)) {
    return END + DecodeStatus.MALFORMED_AH;
  }
  view.sourcePort = 0;
  view.destinationPort = 0;
  return endWithPayload(walk);
}
