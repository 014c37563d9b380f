/**
 * Steps of the layer walk through links whose packets the capturing system has put its notes in front of: firewalls' logs,
 * IPsec interfaces, routers. Headers that name the link type of the frame behind them (PPI, PKTAP) are in decode.ts.
 */
import { DecodeStatus } from '../host/decode-status.ts';
import { checkEnc, ENC_LENGTH } from './enc.ts';
import { checkIpnet, ipnetIpVersion, ipnetLength } from './ipnet.ts';
import * as juniper from './juniper.ts';
import { JuniperProtocol } from './juniper.ts';
import { decodeEtherType } from './link-walk.ts';
import { bsdIpVersion, loopbackIpVersion } from './loopback.ts';
import * as nflog from './nflog.ts';
import { NflogFamily } from './nflog.ts';
import type { PacketView } from './packet-view.ts';
import { checkPflog, pflogFamily, pflogLength } from './pflog.ts';
import { bound, END, Layer } from './step.ts';

export function decodeNflog(view: PacketView): number {
  const { data, at, end } = view;
  const payload = nflog.nflogPayload(data, at, end);
  if (payload <= 0) return END + (payload === 0 ? DecodeStatus.TRUNCATED_LINK : DecodeStatus.UNSUPPORTED_FRAME);
  view.at = payload;
  bound(view, payload + nflog.nflogPayloadLength(data, at, payload));
  const family = nflog.nflogFamily(data, at);
  if (family === NflogFamily.IPV4) return Layer.IPV4;
  if (family === NflogFamily.IPV6) return Layer.IPV6;
  const type = nflog.nflogEtherType(data, at, end);
  return type === 0 ? END + DecodeStatus.UNSUPPORTED_FRAME : decodeEtherType(view, type);
}

export function decodePflog(view: PacketView): number {
  const { data, at, end } = view;
  const status = checkPflog(data, at, end);
  if (status !== DecodeStatus.OK) return END + status;
  view.at = at + pflogLength(data, at);
  return ipLayer(bsdIpVersion(pflogFamily(data, at)));
}

export function decodeEnc(view: PacketView): number {
  const { data, at, end } = view;
  const status = checkEnc(at, end);
  if (status !== DecodeStatus.OK) return END + status;
  view.at = at + ENC_LENGTH;
  return ipLayer(loopbackIpVersion(data, at));
}

export function decodeIpnet(view: PacketView): number {
  const { data, at, end, wireEnd } = view;
  const status = checkIpnet(data, at, end, wireEnd);
  if (status !== DecodeStatus.OK) return END + status;
  view.at = at + ipnetLength(data, at, wireEnd);
  return ipLayer(ipnetIpVersion(data, at));
}

export function decodeJuniper(view: PacketView): number {
  const { data, at, end } = view;
  const status = juniper.checkJuniper(data, at, end);
  if (status !== DecodeStatus.OK) return END + status;
  view.at = at + juniper.juniperLength(data, at);
  if (!juniper.juniperHasNoLink(data, at)) return Layer.ETHERNET;
  switch (juniper.juniperProtocol(data, at)) {
    case JuniperProtocol.IPV4:
    case JuniperProtocol.MPLS_IPV4:
      return Layer.IPV4;
    case JuniperProtocol.IPV6:
    case JuniperProtocol.MPLS_IPV6:
      return Layer.IPV6;
    case JuniperProtocol.MPLS:
    case JuniperProtocol.IPV4_MPLS:
    case JuniperProtocol.IPV6_MPLS:
      return Layer.MPLS;
    default:
      return END + DecodeStatus.UNSUPPORTED_FRAME;
  }
}

function ipLayer(version: 0 | 4 | 6): number {
  if (version === 0) return END + DecodeStatus.UNSUPPORTED_FRAME;
  return version === 4 ? Layer.IPV4 : Layer.IPV6;
}
