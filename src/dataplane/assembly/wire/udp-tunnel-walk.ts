/**
 * Steps of the layer walk into what UDP carries. A tunnel's port only says where to look: each step here answers with
 * the layer inside, or with -1 where the header or what follows it does not check out, and then the datagram is
 * ordinary.
 */
import { byteAt } from '../memory';
import { DecodeStatus } from './decode-status';
import * as ethernet from './ethernet';
import { EtherType } from './ethernet';
import { etherTypeFit, Fit, FRAME_ROOM, frameFit, ipFit, pppFit } from './frame-fit';
import * as geneve from './geneve';
import { GTP_PORT, gtpHeaderLength } from './gtp';
import * as ipv4 from './ipv4';
import * as ipv6 from './ipv6';
import { isJuniperMirror, JUNIPER_MIRROR_PORT } from './juniper-mirror';
import * as l2tp from './l2tp';
import { LayerWalk } from './layer-walk';
import { decodeEtherType } from './link-walk';
import { nshLength, nshProtocol, NshProtocol } from './nsh';
import { Encapsulation } from './packet-view';
import { END, Layer } from './step';
import { decodeL2tp3 } from './tunnel-walk';
import { TZSP_PORT, tzspLength, tzspProtocol, TzspProtocol } from './tzsp';
import * as vxlan from './vxlan';
import { GpeProtocol } from './vxlan';
import { wifiDataHeaderLength } from './wifi';

/** The layer inside a UDP tunnel that checks out, else -1: an ordinary datagram. */
export function decodeUdpTunnel(walk: LayerWalk): i32 {
  const view = walk.view;
  switch (view.destinationPort) {
    case vxlan.VXLAN_PORT:
    case vxlan.OLD_LINUX_VXLAN_PORT:
      return decodeVxlan(walk);
    case vxlan.VXLAN_GPE_PORT:
      return decodeVxlanGpe(walk);
    case geneve.GENEVE_PORT:
      return decodeGeneve(walk);
    case GTP_PORT:
      return decodeGtp(walk);
    case TZSP_PORT:
      return decodeTzsp(walk);
    case JUNIPER_MIRROR_PORT: {
      const at = walk.at;
      const end = walk.end;
      const wireEnd = walk.wireEnd;
      return isJuniperMirror(at, end, wireEnd) ? END + DecodeStatus.UNSUPPORTED_JUNIPER_MIRROR : -1;
    }
    case l2tp.L2TP_PORT:
      return decodeL2tp(walk);
    default:
      return view.sourcePort == l2tp.L2TP_PORT ? decodeL2tp(walk) : -1;
  }
}

function decodeVxlan(walk: LayerWalk): i32 {
  const at = walk.at;
  const end = walk.end;
  const wireEnd = walk.wireEnd;
  if (!vxlan.isVxlan(at, end)) return -1;
  const load = at + vxlan.VXLAN_LENGTH;
  const isPlain = vxlan.isPlainVxlan(at) && looksLikeEthernet(load, end);
  if (!isPlain && frameFit(load, end, wireEnd, FRAME_ROOM) == Fit.NONE) return -1;
  if (!walk.enter(Encapsulation.VXLAN, vxlan.vxlanNetwork(at))) return END + DecodeStatus.TOO_DEEP;
  walk.at = load;
  return Layer.ETHERNET;
}

function decodeVxlanGpe(walk: LayerWalk): i32 {
  const at = walk.at;
  const end = walk.end;
  const wireEnd = walk.wireEnd;
  if (!vxlan.isVxlanGpe(at, end)) return -1;
  const load = at + vxlan.VXLAN_LENGTH;
  let layer: i32;
  switch (vxlan.gpeProtocol(at)) {
    case GpeProtocol.IPV4:
    case GpeProtocol.IPV6:
      if (ipFit(load, end, wireEnd, 0) == Fit.NONE) return -1;
      layer = Layer.ANY_IP;
      break;
    case GpeProtocol.ETHERNET:
      if (frameFit(load, end, wireEnd, FRAME_ROOM) == Fit.NONE) return -1;
      layer = Layer.ETHERNET;
      break;
    case GpeProtocol.NSH:
      return nshFit(load, end, wireEnd) == Fit.NONE ? -1 : END + DecodeStatus.UNSUPPORTED_NSH;
    default:
      return -1;
  }
  if (!walk.enter(Encapsulation.VXLAN, vxlan.vxlanNetwork(at))) return END + DecodeStatus.TOO_DEEP;
  walk.at = load;
  return layer;
}

function nshFit(at: usize, end: usize, wireEnd: usize): Fit {
  const length = nshLength(at, end);
  if (length == 0) return Fit.NONE;
  switch (nshProtocol(at)) {
    case NshProtocol.IPV4:
    case NshProtocol.IPV6:
      return ipFit(at + length, end, wireEnd, 0);
    case NshProtocol.ETHERNET:
      return frameFit(at + length, end, wireEnd, FRAME_ROOM);
    default:
      return Fit.NONE;
  }
}

function decodeGeneve(walk: LayerWalk): i32 {
  const at = walk.at;
  const end = walk.end;
  if (!geneve.isGeneve(at, end)) return -1;
  const load = at + geneve.geneveLength(at);
  const type = geneve.geneveProtocol(at);
  const bridged = type == EtherType.TRANSPARENT_BRIDGING;
  if (bridged ? !looksLikeEthernet(load, end) : !looksLikeIp(load, end, type)) return -1;
  if (!walk.enter(Encapsulation.GENEVE, geneve.geneveNetwork(at))) return END + DecodeStatus.TOO_DEEP;
  walk.at = load;
  return bridged ? Layer.ETHERNET : decodeEtherType(walk, type);
}

function decodeGtp(walk: LayerWalk): i32 {
  const at = walk.at;
  const end = walk.end;
  const length = gtpHeaderLength(at, end, walk.wireEnd);
  if (length == 0) return -1;
  const version: u32 = length < <i32>(end - at) ? byteAt(at + length) >> 4 : 0;
  const type = version == 6 ? EtherType.IPV6 : EtherType.IPV4;
  if (!looksLikeIp(at + length, end, type)) return -1;
  if (!walk.enter(Encapsulation.GTP, 0)) return END + DecodeStatus.TOO_DEEP;
  walk.at = at + length;
  return version == 6 ? Layer.IPV6 : Layer.IPV4;
}

function decodeTzsp(walk: LayerWalk): i32 {
  const at = walk.at;
  const end = walk.end;
  const wireEnd = walk.wireEnd;
  const length = tzspLength(at, end);
  if (length == 0) return -1;
  const load = at + length;
  const protocol = tzspProtocol(at);
  if (protocol == TzspProtocol.ETHERNET) {
    const isFrame = looksLikeEthernet(load, end) || frameFit(load, end, wireEnd, FRAME_ROOM) != Fit.NONE;
    if (!isFrame) return -1;
  } else {
    if (protocol != TzspProtocol.WIFI) return -1;
    const header = wifiDataHeaderLength(load, end);
    // After the header comes LLC, as after the length of an 802.3 frame.
    if (header <= 0 || etherTypeFit(0, load + header, end, wireEnd, FRAME_ROOM) == Fit.NONE) return -1;
  }
  if (!walk.enter(Encapsulation.TZSP, 0)) return END + DecodeStatus.TOO_DEEP;
  walk.at = load;
  return protocol == TzspProtocol.ETHERNET ? Layer.ETHERNET : Layer.WIFI;
}

function decodeL2tp(walk: LayerWalk): i32 {
  const at = walk.at;
  const end = walk.end;
  const wireEnd = walk.wireEnd;
  if (l2tp.isL2tp3OverUdp(at, end)) return decodeL2tp3(walk, l2tp.L2TP3_UDP_LENGTH, false);
  if (!l2tp.isL2tp2(at, end, wireEnd)) return -1;
  const load = at + l2tp.l2tp2HeaderLength(at);
  const stop = l2tp.l2tp2End(at, wireEnd);
  if (pppFit(load, min(end, stop), stop, 0) == Fit.NONE) return -1;
  if (!walk.enter(Encapsulation.L2TP, 0)) return END + DecodeStatus.TOO_DEEP;
  walk.at = load;
  walk.bound(stop);
  return Layer.PPP;
}

/**
 * True when an Ethernet frame with a type that this walk reads begins at `at`, and, where that is IP, a sound IP header
 * follows.
 */
function looksLikeEthernet(at: usize, end: usize): bool {
  if (ethernet.checkEthernet(at, end) != DecodeStatus.OK) return false;
  const type = ethernet.ethernetType(at);
  if (type == EtherType.IPV4 || type == EtherType.IPV6) {
    return looksLikeIp(at + ethernet.ETHERNET_LENGTH, end, type);
  }
  return type == EtherType.VLAN || type == EtherType.PROVIDER_VLAN || type == EtherType.ARP || type == EtherType.MPLS;
}

function looksLikeIp(at: usize, end: usize, type: i32): bool {
  if (type == EtherType.IPV4) return ipv4.checkIpv4(at, end) == DecodeStatus.OK;
  return type == EtherType.IPV6 && ipv6.checkIpv6(at, end) == DecodeStatus.OK;
}
