/**
 * Steps of the layer walk into what UDP carries. A tunnel's port only says where to look: each step here answers with the layer
 * inside, or with -1 where the header or what follows it does not check out, and then the datagram is ordinary.
 */
import { DecodeStatus } from '../host/decode-status.ts';
import * as ethernet from './ethernet.ts';
import { EtherType } from './ethernet.ts';
import { etherTypeFit, Fit, FRAME_ROOM, frameFit, ipFit, pppFit } from './frame-fit.ts';
import * as geneve from './geneve.ts';
import { GTP_PORT, gtpHeaderLength } from './gtp.ts';
import * as ipv4 from './ipv4.ts';
import * as ipv6 from './ipv6.ts';
import { isJuniperMirror, JUNIPER_MIRROR_PORT } from './juniper-mirror.ts';
import * as l2tp from './l2tp.ts';
import { decodeEtherType } from './link-walk.ts';
import { nshLength, nshProtocol, NshProtocol } from './nsh.ts';
import { Encapsulation } from '../host/packet-codes.ts';
import type { PacketView } from './packet-view.ts';
import { bound, END, Layer } from './step.ts';
import { decodeL2tp3 } from './tunnel-walk.ts';
import { TZSP_PORT, tzspLength, tzspProtocol, TzspProtocol } from './tzsp.ts';
import * as vxlan from './vxlan.ts';
import { GpeProtocol } from './vxlan.ts';
import { wifiDataHeaderLength } from './wifi.ts';

/** The layer inside a UDP tunnel that checks out, else -1: an ordinary datagram. */
export function decodeUdpTunnel(view: PacketView): number {
  switch (view.destinationPort) {
    case vxlan.VXLAN_PORT:
    case vxlan.OLD_LINUX_VXLAN_PORT:
      return decodeVxlan(view);
    case vxlan.VXLAN_GPE_PORT:
      return decodeVxlanGpe(view);
    case geneve.GENEVE_PORT:
      return decodeGeneve(view);
    case GTP_PORT:
      return decodeGtp(view);
    case TZSP_PORT:
      return decodeTzsp(view);
    case JUNIPER_MIRROR_PORT: {
      const { data, at, end, wireEnd } = view;
      return isJuniperMirror(data, at, end, wireEnd) ? END + DecodeStatus.UNSUPPORTED_JUNIPER_MIRROR : -1;
    }
    case l2tp.L2TP_PORT:
      return decodeL2tp(view);
    default:
      return view.sourcePort === l2tp.L2TP_PORT ? decodeL2tp(view) : -1;
  }
}

function decodeVxlan(view: PacketView): number {
  const { data, at, end, wireEnd } = view;
  if (!vxlan.isVxlan(data, at, end)) return -1;
  const load = at + vxlan.VXLAN_LENGTH;
  const isPlain = vxlan.isPlainVxlan(data, at) && looksLikeEthernet(data, load, end);
  if (!isPlain && frameFit(data, load, end, wireEnd, FRAME_ROOM) === Fit.NONE) return -1;
  if (!view.enter(Encapsulation.VXLAN, vxlan.vxlanNetwork(data, at))) return END + DecodeStatus.TOO_DEEP;
  view.at = load;
  return Layer.ETHERNET;
}

function decodeVxlanGpe(view: PacketView): number {
  const { data, at, end, wireEnd } = view;
  if (!vxlan.isVxlanGpe(data, at, end)) return -1;
  const load = at + vxlan.VXLAN_LENGTH;
  let layer: number;
  switch (vxlan.gpeProtocol(data, at)) {
    case GpeProtocol.IPV4:
    case GpeProtocol.IPV6:
      if (ipFit(data, load, end, wireEnd, 0) === Fit.NONE) return -1;
      layer = Layer.ANY_IP;
      break;
    case GpeProtocol.ETHERNET:
      if (frameFit(data, load, end, wireEnd, FRAME_ROOM) === Fit.NONE) return -1;
      layer = Layer.ETHERNET;
      break;
    case GpeProtocol.NSH:
      return nshFit(data, load, end, wireEnd) === Fit.NONE ? -1 : END + DecodeStatus.UNSUPPORTED_NSH;
    default:
      return -1;
  }
  if (!view.enter(Encapsulation.VXLAN, vxlan.vxlanNetwork(data, at))) return END + DecodeStatus.TOO_DEEP;
  view.at = load;
  return layer;
}

function nshFit(data: DataView, at: number, end: number, wireEnd: number): Fit {
  const length = nshLength(data, at, end);
  if (length === 0) return Fit.NONE;
  switch (nshProtocol(data, at)) {
    case NshProtocol.IPV4:
    case NshProtocol.IPV6:
      return ipFit(data, at + length, end, wireEnd, 0);
    case NshProtocol.ETHERNET:
      return frameFit(data, at + length, end, wireEnd, FRAME_ROOM);
    default:
      return Fit.NONE;
  }
}

function decodeGeneve(view: PacketView): number {
  const { data, at, end } = view;
  if (!geneve.isGeneve(data, at, end)) return -1;
  const load = at + geneve.geneveLength(data, at);
  const type = geneve.geneveProtocol(data, at);
  const bridged = type === EtherType.TRANSPARENT_BRIDGING;
  if (bridged ? !looksLikeEthernet(data, load, end) : !looksLikeIp(data, load, end, type)) return -1;
  if (!view.enter(Encapsulation.GENEVE, geneve.geneveNetwork(data, at))) return END + DecodeStatus.TOO_DEEP;
  view.at = load;
  return bridged ? Layer.ETHERNET : decodeEtherType(view, type);
}

function decodeGtp(view: PacketView): number {
  const { data, at, end } = view;
  const length = gtpHeaderLength(data, at, end, view.wireEnd);
  if (length === 0) return -1;
  const version = at + length < end ? data.getUint8(at + length) >> 4 : 0;
  const type = version === 6 ? EtherType.IPV6 : EtherType.IPV4;
  if (!looksLikeIp(data, at + length, end, type)) return -1;
  if (!view.enter(Encapsulation.GTP, 0)) return END + DecodeStatus.TOO_DEEP;
  view.at = at + length;
  return version === 6 ? Layer.IPV6 : Layer.IPV4;
}

function decodeTzsp(view: PacketView): number {
  const { data, at, end, wireEnd } = view;
  const length = tzspLength(data, at, end);
  if (length === 0) return -1;
  const load = at + length;
  const protocol = tzspProtocol(data, at);
  if (protocol === TzspProtocol.ETHERNET) {
    const isFrame = looksLikeEthernet(data, load, end) || frameFit(data, load, end, wireEnd, FRAME_ROOM) !== Fit.NONE;
    if (!isFrame) return -1;
  } else {
    if (protocol !== TzspProtocol.WIFI) return -1;
    const header = wifiDataHeaderLength(data, load, end);
    // Behind the header comes LLC, as behind the length of an 802.3 frame.
    if (header <= 0 || etherTypeFit(data, 0, load + header, end, wireEnd, FRAME_ROOM) === Fit.NONE) return -1;
  }
  if (!view.enter(Encapsulation.TZSP, 0)) return END + DecodeStatus.TOO_DEEP;
  view.at = load;
  return protocol === TzspProtocol.ETHERNET ? Layer.ETHERNET : Layer.WIFI;
}

function decodeL2tp(view: PacketView): number {
  const { data, at, end, wireEnd } = view;
  if (l2tp.isL2tp3OverUdp(data, at, end)) return decodeL2tp3(view, l2tp.L2TP3_UDP_LENGTH, false);
  if (!l2tp.isL2tp2(data, at, end, wireEnd)) return -1;
  const load = at + l2tp.l2tp2HeaderLength(data, at);
  const stop = l2tp.l2tp2End(data, at, wireEnd);
  if (pppFit(data, load, Math.min(end, stop), stop, 0) === Fit.NONE) return -1;
  if (!view.enter(Encapsulation.L2TP, 0)) return END + DecodeStatus.TOO_DEEP;
  view.at = load;
  bound(view, stop);
  return Layer.PPP;
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
