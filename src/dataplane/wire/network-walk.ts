/**
 * Steps of the layer walk through IP headers and transports: from an IP packet to its flow's tuple, or into a tunnel.
 */
import { IPV4_MARK, isMappedIpv4 } from '../../core/ip-address.ts';
import { ahLength, checkAh } from './ah.ts';
import { DecodeStatus } from '../host/decode-status.ts';
import { checkEsp } from './esp.ts';
import * as ipv4 from './ipv4.ts';
import * as ipv6 from './ipv6.ts';
import { Fragment, Transport } from '../host/packet-codes.ts';
import type { PacketView } from './packet-view.ts';
import { bound, END } from './step.ts';
import * as tcp from './tcp.ts';
import { decodeIpTunnel, TunnelProtocol } from './tunnel-walk.ts';
import * as udp from './udp.ts';
import { decodeUdpTunnel } from './udp-tunnel-walk.ts';

/** IP protocol numbers besides transports and tunnels (IANA protocol-numbers). */
const IpProtocol = { ICMP: 1, IGMP: 2, ICMPV6: 58, SCTP: 132 } as const;

export function decodeIpv4(view: PacketView): number {
  const { data, at } = view;
  const status = ipv4.checkIpv4(data, at, view.end);
  if (status !== DecodeStatus.OK) return END + status;
  const total = ipv4.ipv4TotalLength(data, at);
  if (total !== 0) bound(view, at + total);
  view.source0 = 0;
  view.source1 = 0;
  view.source2 = IPV4_MARK;
  view.source3 = ipv4.ipv4Source(data, at);
  view.destination0 = 0;
  view.destination1 = 0;
  view.destination2 = IPV4_MARK;
  view.destination3 = ipv4.ipv4Destination(data, at);
  view.isWide = false;
  const protocol = ipv4.ipv4Protocol(data, at);
  const offset = ipv4.ipv4FragmentOffset(data, at);
  const more = ipv4.ipv4MoreFragments(data, at);
  view.at = at + ipv4.ipv4HeaderLength(data, at);
  if (offset !== 0 || more) noteFragment(view, protocol, ipv4.ipv4Identification(data, at), offset, more);
  return decodeTransport(view, protocol, offset, false);
}

export function decodeIpv6(view: PacketView): number {
  const { data, at } = view;
  let status = ipv6.checkIpv6(data, at, view.end);
  if (status !== DecodeStatus.OK) return END + status;
  const length = ipv6.ipv6PayloadLength(data, at);
  if (length !== 0) bound(view, at + ipv6.IPV6_LENGTH + length);
  view.source0 = ipv6.ipv6SourceWord(data, at, 0);
  view.source1 = ipv6.ipv6SourceWord(data, at, 1);
  view.source2 = ipv6.ipv6SourceWord(data, at, 2);
  view.source3 = ipv6.ipv6SourceWord(data, at, 3);
  view.destination0 = ipv6.ipv6DestinationWord(data, at, 0);
  view.destination1 = ipv6.ipv6DestinationWord(data, at, 1);
  view.destination2 = ipv6.ipv6DestinationWord(data, at, 2);
  view.destination3 = ipv6.ipv6DestinationWord(data, at, 3);
  view.isWide =
    !isMappedIpv4(view.source0, view.source1, view.source2) ||
    !isMappedIpv4(view.destination0, view.destination1, view.destination2);
  view.at = at + ipv6.IPV6_LENGTH;
  let next = ipv6.ipv6NextHeader(data, at);
  for (let count = 0; ; count++) {
    let offset = 0;
    if (next === ipv6.NextHeader.FRAGMENT) {
      status = ipv6.checkFragmentHeader(view.at, view.end);
      if (status !== DecodeStatus.OK) return END + status;
      next = ipv6.extensionNextHeader(data, view.at);
      offset = ipv6.ipv6FragmentOffset(data, view.at);
      const more = ipv6.ipv6MoreFragments(data, view.at);
      const id = ipv6.ipv6Identification(data, view.at);
      view.at += ipv6.FRAGMENT_HEADER_LENGTH;
      // An atomic fragment (RFC 6946) is a whole datagram.
      if (offset !== 0 || more) noteFragment(view, next, id, offset, more);
    } else if (ipv6.isExtension(next)) {
      status = ipv6.checkExtension(data, view.at, view.end);
      if (status !== DecodeStatus.OK) return END + status;
      next = ipv6.extensionNextHeader(data, view.at);
      view.at += ipv6.extensionLength(data, view.at);
    } else {
      return decodeTransport(view, next, 0, true);
    }
    if (offset !== 0) return decodeTransport(view, next, offset, true);
    if (count === ipv6.EXTENSION_LIMIT) return END + DecodeStatus.MALFORMED_IPV6;
  }
}

/** Keeps the outermost fragmented header's tuple, by which its datagram's fragments find each other; `view.at` is behind it. */
function noteFragment(view: PacketView, protocol: number, id: number, offset: number, more: boolean): void {
  if (view.fragment !== Fragment.NONE) return;
  view.fragment = offset === 0 ? Fragment.FIRST : Fragment.LATER;
  view.fragmentId = id;
  view.fragmentProtocol = protocol;
  view.fragmentOffset = offset;
  view.fragmentLength = view.wireEnd - view.at;
  view.moreFragments = more;
  view.fragmentDomain = view.domain;
  view.fragmentSource0 = view.source0;
  view.fragmentSource1 = view.source1;
  view.fragmentSource2 = view.source2;
  view.fragmentSource3 = view.source3;
  view.fragmentDestination0 = view.destination0;
  view.fragmentDestination1 = view.destination1;
  view.fragmentDestination2 = view.destination2;
  view.fragmentDestination3 = view.destination3;
}

/** What an IP protocol number names; `offset` is that of a fragment, whose first bytes are no header unless it is 0. */
function decodeTransport(view: PacketView, protocol: number, offset: number, inIpv6: boolean): number {
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
      return offset === 0 ? decodeIpTunnel(view, protocol, inIpv6) : laterFragment(view);
    default:
      // The fragmented part may begin with more extension headers; the first fragment knows what follows them.
      if (inIpv6 && offset !== 0 && ipv6.isExtension(protocol)) return laterFragment(view);
      return END + DecodeStatus.UNSUPPORTED_TRANSPORT;
  }
  if (offset !== 0) return laterFragment(view);
  view.transport = protocol;
  if (protocol === Transport.UDP) return decodeUdp(view);
  if (protocol === Transport.TCP) return decodeTcp(view);
  return decodeIpsec(view, protocol);
}

/** A fragment without a header of its own. Inside a datagram that is itself a first fragment it cannot be tied to a flow. */
function laterFragment(view: PacketView): number {
  if (view.fragment !== Fragment.LATER) return END + DecodeStatus.FRAGMENT_WITHOUT_FIRST;
  view.transport = view.fragmentProtocol;
  view.payloadAt = view.at;
  view.payloadCaptured = view.end - view.at;
  view.payloadLength = view.wireEnd - view.at;
  return END + DecodeStatus.OK;
}

/**
 * A header cut short: by the capture; by the length that an outer header claims; or, in a first fragment, by a sender who
 * hides it from filters (RFC 1858).
 */
function cutHeader(view: PacketView, truncated: DecodeStatus, malformed: DecodeStatus): number {
  if (view.end < view.wireEnd) return END + truncated;
  return END + (view.fragment === Fragment.FIRST ? DecodeStatus.TINY_FRAGMENT : malformed);
}

function decodeUdp(view: PacketView): number {
  const { data, at, end } = view;
  const status = udp.checkUdp(data, at, end);
  if (status === DecodeStatus.TRUNCATED_UDP) return cutHeader(view, status, DecodeStatus.MALFORMED_UDP);
  if (status !== DecodeStatus.OK) return END + status;
  const length = udp.udpLength(data, at);
  if (at + length > view.wireEnd) {
    // In a first fragment the length is that of the whole datagram.
    if (view.fragment === Fragment.NONE) return END + DecodeStatus.MALFORMED_UDP;
    view.wireEnd = at + length;
  } else {
    bound(view, at + length);
  }
  view.sourcePort = udp.udpSourcePort(data, at);
  view.destinationPort = udp.udpDestinationPort(data, at);
  view.at = at + udp.UDP_LENGTH;
  const tunnel = decodeUdpTunnel(view);
  if (tunnel >= 0) return tunnel;
  return endWithPayload(view);
}

function endWithPayload(view: PacketView): number {
  // A TCP header may be cut within its options.
  view.payloadAt = Math.min(view.at, view.end);
  view.payloadCaptured = Math.max(0, view.end - view.at);
  view.payloadLength = Math.max(0, view.wireEnd - view.at);
  return END + DecodeStatus.OK;
}

function decodeTcp(view: PacketView): number {
  const { data, at, end } = view;
  const status = tcp.checkTcp(data, at, end);
  if (status === DecodeStatus.TRUNCATED_TCP) return cutHeader(view, status, DecodeStatus.MALFORMED_TCP);
  if (status !== DecodeStatus.OK) return END + status;
  const headerLength = tcp.tcpHeaderLength(data, at);
  if (at + headerLength > view.wireEnd) return END + DecodeStatus.MALFORMED_TCP;
  view.sourcePort = tcp.tcpSourcePort(data, at);
  view.destinationPort = tcp.tcpDestinationPort(data, at);
  view.tcpSequence = tcp.tcpSequence(data, at);
  view.tcpFlags = tcp.tcpFlags(data, at);
  view.at = at + headerLength;
  return endWithPayload(view);
}

function decodeIpsec(view: PacketView, protocol: number): number {
  const { data, at, end } = view;
  const isAh = protocol === Transport.AH;
  const status = isAh ? checkAh(data, at, end) : checkEsp(data, at, end);
  if (status === DecodeStatus.TRUNCATED_ESP) return cutHeader(view, status, DecodeStatus.MALFORMED_ESP);
  if (status === DecodeStatus.TRUNCATED_AH) return cutHeader(view, status, DecodeStatus.MALFORMED_AH);
  if (status !== DecodeStatus.OK) return END + status;
  if (isAh && view.fragment === Fragment.NONE && at + ahLength(data, at) > view.wireEnd) {
    return END + DecodeStatus.MALFORMED_AH;
  }
  view.sourcePort = 0;
  view.destinationPort = 0;
  return endWithPayload(view);
}
