/**
 * Steps of the layer walk through links whose packets the capturing system has put its notes in front of: firewalls'
 * logs, IPsec interfaces, routers. Headers that name the link type of the frame after them (PPI, PKTAP) are in
 * decode.ts.
 */
import { DecodeStatus } from './decode-status';
import { checkEnc, ENC_LENGTH } from './enc';
import { checkIpnet, ipnetIpVersion, ipnetLength } from './ipnet';
import * as juniper from './juniper';
import { JuniperProtocol } from './juniper';
import { LayerWalk } from './layer-walk';
import { decodeEtherType } from './link-walk';
import { bsdIpVersion, loopbackIpVersion } from './loopback';
import * as nflog from './nflog';
import { NflogFamily } from './nflog';
import { checkPflog, pflogFamily, pflogLength } from './pflog';
import { END, Layer } from './step';

export function decodeNflog(walk: LayerWalk): i32 {
  const at = walk.at;
  const end = walk.end;
  const payload = nflog.nflogPayload(at, end);
  if (payload <= 0) return END + (payload == 0 ? DecodeStatus.TRUNCATED_LINK : DecodeStatus.UNSUPPORTED_FRAME);
  walk.at = at + payload;
  walk.bound(walk.at + nflog.nflogPayloadLength(at, payload));
  const family = nflog.nflogFamily(at);
  if (family == NflogFamily.IPV4) return Layer.IPV4;
  if (family == NflogFamily.IPV6) return Layer.IPV6;
  const type = nflog.nflogEtherType(at, end);
  return type == 0 ? END + DecodeStatus.UNSUPPORTED_FRAME : decodeEtherType(walk, type);
}

export function decodePflog(walk: LayerWalk): i32 {
  const at = walk.at;
  const end = walk.end;
  const status = checkPflog(at, end);
  if (status != DecodeStatus.OK) return END + status;
  walk.at = at + pflogLength(at);
  return ipLayer(bsdIpVersion(pflogFamily(at)));
}

export function decodeEnc(walk: LayerWalk): i32 {
  const at = walk.at;
  const end = walk.end;
  const status = checkEnc(at, end);
  if (status != DecodeStatus.OK) return END + status;
  walk.at = at + ENC_LENGTH;
  return ipLayer(loopbackIpVersion(at));
}

export function decodeIpnet(walk: LayerWalk): i32 {
  const at = walk.at;
  const end = walk.end;
  const wireEnd = walk.wireEnd;
  const status = checkIpnet(at, end, wireEnd);
  if (status != DecodeStatus.OK) return END + status;
  walk.at = at + ipnetLength(at, wireEnd);
  return ipLayer(ipnetIpVersion(at));
}

export function decodeJuniper(walk: LayerWalk): i32 {
  const at = walk.at;
  const end = walk.end;
  const status = juniper.checkJuniper(at, end);
  if (status != DecodeStatus.OK) return END + status;
  walk.at = at + juniper.juniperLength(at);
  if (!juniper.juniperHasNoLink(at)) return Layer.ETHERNET;
  switch (juniper.juniperProtocol(at)) {
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

function ipLayer(version: i32): i32 {
  if (version == 0) return END + DecodeStatus.UNSUPPORTED_FRAME;
  return version == 4 ? Layer.IPV4 : Layer.IPV6;
}
