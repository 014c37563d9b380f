/**
 * Steps of the layer walk into tunnels that IP carries at once: IP in IP, GRE, and L2TP version 3. For those in UDP see
 * udp-tunnel-walk.ts.
 */
import { DecodeStatus } from './decode-status';
import * as erspan from './erspan';
import * as ethernet from './ethernet';
import { EtherType } from './ethernet';
import * as gre from './gre';
import * as l2tp from './l2tp';
import { LayerWalk } from './layer-walk';
import { decodeCiscoHdlc, decodeEtherType } from './link-walk';
import { Encapsulation, Fragment } from './packet-view';
import { END, Layer } from './step';

/** IP protocol numbers of tunnels (IANA protocol-numbers). */
export enum TunnelProtocol {
  IPV4 = 4,
  IPV6 = 41,
  GRE = 47,
  L2TP = 115,
}

export function decodeIpTunnel(walk: LayerWalk, protocol: i32, inIpv6: bool): i32 {
  if (protocol == TunnelProtocol.GRE) return decodeGre(walk);
  if (protocol == TunnelProtocol.L2TP) {
    const isOpen = walk.view.fragment == Fragment.FIRST;
    const isData = l2tp.isL2tp3OverIp(walk.at, walk.end);
    const layer = isData ? decodeL2tp3(walk, l2tp.L2TP3_IP_LENGTH, isOpen) : -1;
    return layer >= 0 ? layer : END + DecodeStatus.UNSUPPORTED_L2TP;
  }
  const toIpv4 = protocol == TunnelProtocol.IPV4;
  const kind = inIpv6
    ? toIpv4
      ? Encapsulation.FOUR_IN_SIX
      : Encapsulation.SIX_IN_SIX
    : toIpv4
      ? Encapsulation.IPIP
      : Encapsulation.SIX_IN_FOUR;
  if (!walk.enter(kind, 0)) return END + DecodeStatus.TOO_DEEP;
  return toIpv4 ? Layer.IPV4 : Layer.IPV6;
}

function decodeGre(walk: LayerWalk): i32 {
  const at = walk.at;
  const end = walk.end;
  if (gre.isEnhancedGre(at, end)) return decodeEnhancedGre(walk);
  let status = gre.checkGre(at, end);
  if (status != DecodeStatus.OK) return END + status;
  const type = gre.greProtocol(at);
  const isErspan = type == EtherType.ERSPAN_II || type == EtherType.ERSPAN_III;
  if (!walk.enter(isErspan ? Encapsulation.ERSPAN : Encapsulation.GRE, 0)) return END + DecodeStatus.TOO_DEEP;
  walk.at = at + gre.greLength(at);
  if (type == EtherType.TRANSPARENT_BRIDGING) return Layer.ETHERNET;
  if (type == EtherType.PPP) return Layer.PPP;
  if (type == EtherType.ERSPAN_II) {
    if (gre.greHasSequence(at)) {
      status = erspan.checkErspanII(walk.at, end);
      walk.at += erspan.erspanIILength();
    }
    return status == DecodeStatus.OK ? Layer.ETHERNET : END + status;
  }
  if (type == EtherType.ERSPAN_III) {
    status = erspan.checkErspanIII(walk.at, end);
    if (status != DecodeStatus.OK) return END + status;
    walk.at += erspan.erspanIIILength(walk.at);
    return Layer.ETHERNET;
  }
  return ethernet.isLength(type) ? END + DecodeStatus.UNSUPPORTED_GRE : decodeEtherType(walk, type);
}

function decodeEnhancedGre(walk: LayerWalk): i32 {
  const at = walk.at;
  const end = walk.end;
  if (gre.isEoip(at)) return END + DecodeStatus.UNSUPPORTED_EOIP;
  const status = gre.checkPptp(at, end);
  if (status != DecodeStatus.OK) return END + status;
  const payload = gre.pptpPayloadLength(at);
  if (payload == 0) return END + DecodeStatus.GRE_ACKNOWLEDGEMENT;
  if (!walk.enter(Encapsulation.PPTP, 0)) return END + DecodeStatus.TOO_DEEP;
  walk.at = at + gre.pptpLength(at);
  const stop = walk.at + <usize>payload;
  // In a first fragment the length is that of the whole packet.
  if (stop > walk.wireEnd && walk.view.fragment == Fragment.NONE) return END + DecodeStatus.MALFORMED_GRE;
  walk.bound(stop);
  return Layer.PPP;
}

/** A session's packet after a header of `length`: the layer inside where one layout checks out, else -1. */
export function decodeL2tp3(walk: LayerWalk, length: i32, isOpen: bool): i32 {
  const at = walk.at;
  const end = walk.end;
  const wireEnd = walk.wireEnd;
  const layout = l2tp.findLayout(at + length, end, wireEnd, isOpen);
  if (layout < 0) return -1;
  if (!walk.enter(Encapsulation.L2TP, 0)) return END + DecodeStatus.TOO_DEEP;
  walk.at = at + length + (layout >> 2);
  switch (layout & 3) {
    case l2tp.Pseudowire.ETHERNET:
      return Layer.ETHERNET;
    case l2tp.Pseudowire.PPP:
      return Layer.PPP;
    default:
      return decodeCiscoHdlc(walk);
  }
}
