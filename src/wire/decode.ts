/**
 * The way from a frame to its innermost flow: all of the layer walk, and nothing of any layer's layout.
 *
 * Each step looks at one layer at `view.at`, moves `view.at` behind it and names the next layer; the walk ends with a
 * status. Every step advances and wrappings are bounded (ENCAPSULATION_LIMIT), so the walk is bounded too. `view.end`
 * only ever shrinks: no step can read outside the captured packet.
 */
import { IPV4_MARK, isMappedIpv4 } from '../core/ip-address.ts';
import { ahLength, checkAh } from './ah.ts';
import { checkSll, checkSll2, SLL2_LENGTH, sll2Protocol, SLL_LENGTH, sllProtocol } from './cooked.ts';
import { DecodeStatus } from './decode-status.ts';
import * as erspan from './erspan.ts';
import { checkEsp } from './esp.ts';
import * as ethernet from './ethernet.ts';
import { EtherType } from './ethernet.ts';
import * as geneve from './geneve.ts';
import * as gre from './gre.ts';
import { GTP_PORT, gtpHeaderLength } from './gtp.ts';
import { checkCiscoHdlc, CISCO_HDLC_LENGTH, ciscoHdlcType } from './hdlc.ts';
import * as ipv4 from './ipv4.ts';
import * as ipv6 from './ipv6.ts';
import { checkLoopback, LOOPBACK_LENGTH, loopbackIpVersion } from './loopback.ts';
import { checkMpls, CONTROL_WORD_LENGTH, isBottomOfStack, MPLS_ENTRY_LENGTH, MPLS_STACK_LIMIT } from './mpls.ts';
import { Encapsulation, Fragment, Transport, type PacketView } from './packet-view.ts';
import * as pppoe from './pppoe.ts';
import * as tcp from './tcp.ts';
import * as udp from './udp.ts';
import { isVxlan, isVxlanPort, VXLAN_LENGTH, vxlanNetwork } from './vxlan.ts';
import { isRadiotapPadded, radiotapLength, wifiDataHeaderLength } from './wifi.ts';

/** Link types of capture files (the tcpdump group's LINKTYPE_ registry; 12 and 14 are what some systems write for raw IP). */
export const LinkType = {
  NULL: 0,
  ETHERNET: 1,
  PPP: 9,
  RAW_12: 12,
  RAW_14: 14,
  PPP_HDLC: 50,
  PPP_ETHER: 51,
  RAW: 101,
  CISCO_HDLC: 104,
  IEEE802_11: 105,
  LOOP: 108,
  LINUX_SLL: 113,
  IEEE802_11_RADIOTAP: 127,
  IPV4: 228,
  IPV6: 229,
  LINUX_SLL2: 276,
} as const;

/** IP protocol numbers that the walk knows besides the transports (IANA protocol-numbers). */
const IpProtocol = { ICMP: 1, IGMP: 2, IPV4: 4, IPV6: 41, GRE: 47, ICMPV6: 58, SCTP: 132 } as const;

/** A step's answer: the number of the next layer, or, from `END` on, END plus the status. */
const Layer = { ETHERNET: 0, IPV4: 1, IPV6: 2, PPP: 3, MPLS: 4, ANY_IP: 5, WIFI: 6, PADDED_WIFI: 7 } as const;
const END = 1000;

/**
 * Decodes the packet that `view.begin` was given. OK: the view holds a flow's tuple and payload, or, where
 * `view.fragment` is LATER, the fragment fields of a datagram whose first fragment has the ports.
 */
export function decode(view: PacketView, linkType: number): DecodeStatus {
  let next = decodeLink(view, linkType);
  while (next < END) {
    switch (next) {
      case Layer.IPV4:
        next = decodeIpv4(view);
        break;
      case Layer.IPV6:
        next = decodeIpv6(view);
        break;
      case Layer.ETHERNET:
        next = decodeEthernet(view);
        break;
      case Layer.PPP:
        next = decodePpp(view);
        break;
      case Layer.MPLS:
        next = decodeMpls(view);
        break;
      case Layer.ANY_IP:
        next = decodeAnyIp(view, DecodeStatus.MALFORMED_LINK);
        break;
      case Layer.PADDED_WIFI:
        next = decodeWifi(view, 4);
        break;
      default:
        next = decodeWifi(view, 1);
    }
  }
  return (next - END) as DecodeStatus;
}

function decodeLink(view: PacketView, linkType: number): number {
  const { data, at, end } = view;
  switch (linkType) {
    case LinkType.ETHERNET:
      return Layer.ETHERNET;
    case LinkType.LINUX_SLL: {
      const status = checkSll(at, end);
      if (status !== DecodeStatus.OK) return END + status;
      view.at = at + SLL_LENGTH;
      return decodeEtherType(view, sllProtocol(data, at));
    }
    case LinkType.LINUX_SLL2: {
      const status = checkSll2(at, end);
      if (status !== DecodeStatus.OK) return END + status;
      view.at = at + SLL2_LENGTH;
      return decodeEtherType(view, sll2Protocol(data, at));
    }
    case LinkType.RAW:
    case LinkType.RAW_12:
    case LinkType.RAW_14:
      return Layer.ANY_IP;
    case LinkType.IPV4:
      return Layer.IPV4;
    case LinkType.IPV6:
      return Layer.IPV6;
    case LinkType.NULL:
    case LinkType.LOOP: {
      const status = checkLoopback(at, end);
      if (status !== DecodeStatus.OK) return END + status;
      const version = loopbackIpVersion(data, at);
      view.at = at + LOOPBACK_LENGTH;
      if (version === 0) return END + DecodeStatus.UNSUPPORTED_FRAME;
      return version === 4 ? Layer.IPV4 : Layer.IPV6;
    }
    case LinkType.PPP:
    case LinkType.PPP_HDLC: {
      const cisco = linkType === LinkType.PPP_HDLC && at < end && (data.getUint8(at) & 0x7f) === 0x0f;
      return cisco ? decodeCiscoHdlc(view) : Layer.PPP;
    }
    case LinkType.PPP_ETHER:
      return decodePppoe(view);
    case LinkType.CISCO_HDLC:
      return decodeCiscoHdlc(view);
    case LinkType.IEEE802_11:
      return Layer.WIFI;
    case LinkType.IEEE802_11_RADIOTAP: {
      const length = radiotapLength(data, at, end);
      if (length <= 0) return END + (length === 0 ? DecodeStatus.TRUNCATED_LINK : DecodeStatus.MALFORMED_LINK);
      view.at = at + length;
      return isRadiotapPadded(data, at, length) ? Layer.PADDED_WIFI : Layer.WIFI;
    }
    default:
      return END + DecodeStatus.UNSUPPORTED_LINK_TYPE;
  }
}

function decodeEthernet(view: PacketView): number {
  const { data, at, end } = view;
  const status = ethernet.checkEthernet(at, end);
  if (status !== DecodeStatus.OK) return END + status;
  view.at = at + ethernet.ETHERNET_LENGTH;
  return decodeEtherType(view, ethernet.ethernetType(data, at));
}

/** The layer that an ethertype names, behind any VLAN tags; `view.at` stands behind the type field. */
function decodeEtherType(view: PacketView, type: number): number {
  while (
    type === EtherType.VLAN ||
    type === EtherType.PROVIDER_VLAN ||
    type === EtherType.OLD_VLAN_1 ||
    type === EtherType.OLD_VLAN_2
  ) {
    const status = ethernet.checkVlan(view.at, view.end);
    if (status !== DecodeStatus.OK) return END + status;
    const id = ethernet.vlanId(view.data, view.at);
    if (!view.enter(Encapsulation.VLAN, id)) return END + DecodeStatus.TOO_DEEP;
    view.noteVlan(id);
    type = ethernet.vlanType(view.data, view.at);
    view.at += ethernet.VLAN_TAG_LENGTH;
  }
  switch (type) {
    case EtherType.IPV4:
      return Layer.IPV4;
    case EtherType.IPV6:
      return Layer.IPV6;
    case EtherType.MPLS:
    case EtherType.MPLS_MULTICAST:
      return Layer.MPLS;
    case EtherType.PPPOE_SESSION:
      return decodePppoe(view);
    case EtherType.ARP:
      return END + DecodeStatus.ARP;
    default:
      return ethernet.isLength(type) ? decodeSnap(view) : END + DecodeStatus.UNSUPPORTED_ETHERTYPE;
  }
}

function decodeSnap(view: PacketView): number {
  if (view.at + ethernet.SNAP_LENGTH > view.end && view.end < view.wireEnd) return END + DecodeStatus.TRUNCATED_LINK;
  const type = ethernet.snapType(view.data, view.at, view.end);
  if (type < 0 || ethernet.isLength(type)) return END + DecodeStatus.UNSUPPORTED_FRAME;
  view.at += ethernet.SNAP_LENGTH;
  return decodeEtherType(view, type);
}

/** A data frame whose MAC header is padded to a multiple of `alignment` octets. */
function decodeWifi(view: PacketView, alignment: number): number {
  const length = wifiDataHeaderLength(view.data, view.at, view.end);
  if (length <= 0) return END + (length === 0 ? DecodeStatus.TRUNCATED_LINK : DecodeStatus.UNSUPPORTED_FRAME);
  view.at += Math.ceil(length / alignment) * alignment;
  return decodeSnap(view);
}

function decodeCiscoHdlc(view: PacketView): number {
  const status = checkCiscoHdlc(view.data, view.at, view.end);
  if (status !== DecodeStatus.OK) return END + status;
  const type = ciscoHdlcType(view.data, view.at);
  view.at += CISCO_HDLC_LENGTH;
  return ethernet.isLength(type) ? END + DecodeStatus.UNSUPPORTED_FRAME : decodeEtherType(view, type);
}

function decodePppoe(view: PacketView): number {
  const status = pppoe.checkPppoe(view.data, view.at, view.end);
  if (status !== DecodeStatus.OK) return END + status;
  if (!view.enter(Encapsulation.PPPOE, 0)) return END + DecodeStatus.TOO_DEEP;
  const length = pppoe.pppoePayloadLength(view.data, view.at);
  view.at += pppoe.PPPOE_LENGTH;
  bound(view, view.at + length);
  return Layer.PPP;
}

function decodePpp(view: PacketView): number {
  const { data, end } = view;
  const at = view.at + pppoe.pppFramingLength(data, view.at, end);
  const length = pppoe.pppProtocolLength(data, at, end);
  if (length === 0) return END + DecodeStatus.TRUNCATED_LINK;
  view.at = at + length;
  switch (pppoe.pppProtocol(data, at, length)) {
    case pppoe.PppProtocol.IPV4:
      return Layer.IPV4;
    case pppoe.PppProtocol.IPV6:
      return Layer.IPV6;
    case pppoe.PppProtocol.MPLS:
    case pppoe.PppProtocol.MPLS_MULTICAST:
      return Layer.MPLS;
    default:
      return END + DecodeStatus.UNSUPPORTED_FRAME;
  }
}

function decodeMpls(view: PacketView): number {
  if (!view.enter(Encapsulation.MPLS, 0)) return END + DecodeStatus.TOO_DEEP;
  for (let depth = 0; depth < MPLS_STACK_LIMIT; depth++) {
    const status = checkMpls(view.at, view.end);
    if (status !== DecodeStatus.OK) return END + status;
    const bottom = isBottomOfStack(view.data, view.at);
    view.at += MPLS_ENTRY_LENGTH;
    if (!bottom) continue;
    if (view.at >= view.end) return END + DecodeStatus.TRUNCATED_MPLS;
    const nibble = view.data.getUint8(view.at) >> 4;
    if (nibble === 4 || nibble === 6) return decodeAnyIp(view, DecodeStatus.MALFORMED_MPLS);
    if (nibble === 0) view.at += CONTROL_WORD_LENGTH;
    return Layer.ETHERNET;
  }
  return END + DecodeStatus.MALFORMED_MPLS;
}

/** IPv4 or IPv6 by its version nibble; `otherwise` is the status of what is neither. */
function decodeAnyIp(view: PacketView, otherwise: DecodeStatus): number {
  if (view.at >= view.end) return END + DecodeStatus.TRUNCATED_LINK;
  const version = view.data.getUint8(view.at) >> 4;
  if (version === 4) return Layer.IPV4;
  return version === 6 ? Layer.IPV6 : END + otherwise;
}

/** Takes the end that a header claims: what lies behind it (padding, trailers) is not part of the packet. */
function bound(view: PacketView, wireEnd: number): void {
  view.wireEnd = wireEnd;
  if (wireEnd < view.end) view.end = wireEnd;
}

function decodeIpv4(view: PacketView): number {
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

function decodeIpv6(view: PacketView): number {
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

/** What an IP protocol number names; `offset` is that of a fragment, whose first octets are no header unless it is 0. */
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
    case IpProtocol.IPV4:
    case IpProtocol.IPV6:
    case IpProtocol.GRE:
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

function decodeIpTunnel(view: PacketView, protocol: number, inIpv6: boolean): number {
  if (protocol === IpProtocol.GRE) return decodeGre(view);
  const toIpv4 = protocol === IpProtocol.IPV4;
  const kind = inIpv6
    ? toIpv4
      ? Encapsulation.FOUR_IN_SIX
      : Encapsulation.SIX_IN_SIX
    : toIpv4
      ? Encapsulation.IPIP
      : Encapsulation.SIX_IN_FOUR;
  if (!view.enter(kind, 0)) return END + DecodeStatus.TOO_DEEP;
  return toIpv4 ? Layer.IPV4 : Layer.IPV6;
}

function decodeGre(view: PacketView): number {
  const { data, at, end } = view;
  let status = gre.checkGre(data, at, end);
  if (status !== DecodeStatus.OK) return END + status;
  const type = gre.greProtocol(data, at);
  const isErspan = type === EtherType.ERSPAN_II || type === EtherType.ERSPAN_III;
  if (!view.enter(isErspan ? Encapsulation.ERSPAN : Encapsulation.GRE, 0)) return END + DecodeStatus.TOO_DEEP;
  view.at = at + gre.greLength(data, at);
  if (type === EtherType.TRANSPARENT_BRIDGING) return Layer.ETHERNET;
  if (type === EtherType.ERSPAN_II) {
    if (gre.greHasSequence(data, at)) {
      status = erspan.checkErspanII(data, view.at, end);
      view.at += erspan.erspanIILength();
    }
    return status === DecodeStatus.OK ? Layer.ETHERNET : END + status;
  }
  if (type === EtherType.ERSPAN_III) {
    status = erspan.checkErspanIII(data, view.at, end);
    if (status !== DecodeStatus.OK) return END + status;
    view.at += erspan.erspanIIILength(data, view.at);
    return Layer.ETHERNET;
  }
  return ethernet.isLength(type) ? END + DecodeStatus.UNSUPPORTED_GRE : decodeEtherType(view, type);
}

/** The layer inside a UDP tunnel whose header checks out, else -1: an ordinary datagram. */
function decodeUdpTunnel(view: PacketView): number {
  const { data, at, end, destinationPort } = view;
  if (isVxlanPort(destinationPort)) {
    if (!isVxlan(data, at, end) || !looksLikeEthernet(data, at + VXLAN_LENGTH, end)) return -1;
    if (!view.enter(Encapsulation.VXLAN, vxlanNetwork(data, at))) return END + DecodeStatus.TOO_DEEP;
    view.at = at + VXLAN_LENGTH;
    return Layer.ETHERNET;
  }
  if (destinationPort === geneve.GENEVE_PORT) {
    if (!geneve.isGeneve(data, at, end)) return -1;
    const load = at + geneve.geneveLength(data, at);
    const type = geneve.geneveProtocol(data, at);
    const bridged = type === EtherType.TRANSPARENT_BRIDGING;
    if (bridged ? !looksLikeEthernet(data, load, end) : !looksLikeIp(data, load, end, type)) return -1;
    if (!view.enter(Encapsulation.GENEVE, geneve.geneveNetwork(data, at))) return END + DecodeStatus.TOO_DEEP;
    view.at = load;
    return bridged ? Layer.ETHERNET : decodeEtherType(view, type);
  }
  if (destinationPort === GTP_PORT) {
    const length = gtpHeaderLength(data, at, end, view.wireEnd);
    if (length === 0) return -1;
    const version = at + length < end ? data.getUint8(at + length) >> 4 : 0;
    const type = version === 6 ? EtherType.IPV6 : EtherType.IPV4;
    if (!looksLikeIp(data, at + length, end, type)) return -1;
    if (!view.enter(Encapsulation.GTP, 0)) return END + DecodeStatus.TOO_DEEP;
    view.at = at + length;
    return version === 6 ? Layer.IPV6 : Layer.IPV4;
  }
  return -1;
}

/** True when an Ethernet frame with a type this walk knows begins at `at`, and, where that is IP, a sound IP header follows. */
function looksLikeEthernet(data: DataView, at: number, end: number): boolean {
  if (ethernet.checkEthernet(at, end) !== DecodeStatus.OK) return false;
  const type = ethernet.ethernetType(data, at);
  if (type === EtherType.IPV4 || type === EtherType.IPV6) {
    return looksLikeIp(data, at + ethernet.ETHERNET_LENGTH, end, type);
  }
  return (
    type === EtherType.VLAN || type === EtherType.PROVIDER_VLAN || type === EtherType.ARP || type === EtherType.MPLS
  );
}

function looksLikeIp(data: DataView, at: number, end: number, type: number): boolean {
  if (type === EtherType.IPV4) return ipv4.checkIpv4(data, at, end) === DecodeStatus.OK;
  return type === EtherType.IPV6 && ipv6.checkIpv6(data, at, end) === DecodeStatus.OK;
}
