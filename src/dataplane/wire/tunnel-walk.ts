/**
 * Steps of the layer walk into tunnels that IP carries at once: IP in IP, GRE, and L2TP version 3. For those in UDP see
 * udp-tunnel-walk.ts.
 */
import { DecodeStatus } from '../host/decode-status.ts';
import * as erspan from './erspan.ts';
import * as ethernet from './ethernet.ts';
import { EtherType } from './ethernet.ts';
import * as gre from './gre.ts';
import * as l2tp from './l2tp.ts';
import { decodeCiscoHdlc, decodeEtherType } from './link-walk.ts';
import { Encapsulation, Fragment } from '../host/packet-codes.ts';
import type { PacketView } from './packet-view.ts';
import { bound, END, Layer } from './step.ts';

/** IP protocol numbers of tunnels (IANA protocol-numbers). */
export const TunnelProtocol = { IPV4: 4, IPV6: 41, GRE: 47, L2TP: 115 } as const;

export function decodeIpTunnel(view: PacketView, protocol: number, inIpv6: boolean): number {
  if (protocol === TunnelProtocol.GRE) return decodeGre(view);
  if (protocol === TunnelProtocol.L2TP) {
    const isOpen = view.fragment === Fragment.FIRST;
    const isData = l2tp.isL2tp3OverIp(view.data, view.at, view.end);
    const layer = isData ? decodeL2tp3(view, l2tp.L2TP3_IP_LENGTH, isOpen) : -1;
    return layer >= 0 ? layer : END + DecodeStatus.UNSUPPORTED_L2TP;
  }
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
  if (gre.isEnhancedGre(data, at, end)) return decodeEnhancedGre(view);
  let status = gre.checkGre(data, at, end);
  if (status !== DecodeStatus.OK) return END + status;
  const type = gre.greProtocol(data, at);
  const isErspan = type === EtherType.ERSPAN_II || type === EtherType.ERSPAN_III;
  if (!view.enter(isErspan ? Encapsulation.ERSPAN : Encapsulation.GRE, 0)) return END + DecodeStatus.TOO_DEEP;
  view.at = at + gre.greLength(data, at);
  if (type === EtherType.TRANSPARENT_BRIDGING) return Layer.ETHERNET;
  if (type === EtherType.PPP) return Layer.PPP;
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

function decodeEnhancedGre(view: PacketView): number {
  const { data, at, end } = view;
  if (gre.isEoip(data, at)) return END + DecodeStatus.UNSUPPORTED_EOIP;
  const status = gre.checkPptp(data, at, end);
  if (status !== DecodeStatus.OK) return END + status;
  const payload = gre.pptpPayloadLength(data, at);
  if (payload === 0) return END + DecodeStatus.GRE_ACKNOWLEDGEMENT;
  if (!view.enter(Encapsulation.PPTP, 0)) return END + DecodeStatus.TOO_DEEP;
  view.at = at + gre.pptpLength(data, at);
  const stop = view.at + payload;
  // In a first fragment the length is that of the whole packet.
  if (stop > view.wireEnd && view.fragment === Fragment.NONE) return END + DecodeStatus.MALFORMED_GRE;
  bound(view, stop);
  return Layer.PPP;
}

/** A session's packet behind a header of `length`: the layer inside where one layout checks out, else -1. */
export function decodeL2tp3(view: PacketView, length: number, isOpen: boolean): number {
  const { data, at, end, wireEnd } = view;
  const layout = l2tp.findLayout(data, at + length, end, wireEnd, isOpen);
  if (layout < 0) return -1;
  if (!view.enter(Encapsulation.L2TP, 0)) return END + DecodeStatus.TOO_DEEP;
  view.at = at + length + (layout >> 2);
  switch (layout & 3) {
    case l2tp.Pseudowire.ETHERNET:
      return Layer.ETHERNET;
    case l2tp.Pseudowire.PPP:
      return Layer.PPP;
    default:
      return decodeCiscoHdlc(view);
  }
}
