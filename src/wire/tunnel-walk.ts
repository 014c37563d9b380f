/**
 * Steps of the layer walk into tunnels: IP in IP, GRE, and what UDP carries.
 */
import { DecodeStatus } from './decode-status.ts';
import * as erspan from './erspan.ts';
import * as ethernet from './ethernet.ts';
import { EtherType } from './ethernet.ts';
import * as geneve from './geneve.ts';
import * as gre from './gre.ts';
import { GTP_PORT, gtpHeaderLength } from './gtp.ts';
import * as ipv4 from './ipv4.ts';
import * as ipv6 from './ipv6.ts';
import { decodeEtherType } from './link-walk.ts';
import { Encapsulation, type PacketView } from './packet-view.ts';
import { END, Layer } from './step.ts';
import { isVxlan, isVxlanPort, VXLAN_LENGTH, vxlanNetwork } from './vxlan.ts';

/** IP protocol numbers of tunnels (IANA protocol-numbers). */
export const TunnelProtocol = { IPV4: 4, IPV6: 41, GRE: 47 } as const;

export function decodeIpTunnel(view: PacketView, protocol: number, inIpv6: boolean): number {
  if (protocol === TunnelProtocol.GRE) return decodeGre(view);
  const toIpv4 = protocol === TunnelProtocol.IPV4;
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
export function decodeUdpTunnel(view: PacketView): number {
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
