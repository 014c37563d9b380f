/**
 * The way from a frame to its innermost flow: the loop of the layer walk, and its first step, which the link type
 * names.
 *
 * Each step looks at one layer at `walk.at`, moves `walk.at` after it and names the next layer; the walk ends with a
 * status. Every step advances and encapsulations are bounded (layer-walk), so the walk is bounded too.
 */
import { byteAt, leavePacket, readPacket } from '../memory';
import * as annotated from './annotated-link-walk';
import { checkSll, checkSll2, SLL2_LENGTH, sll2Protocol, SLL_LENGTH, sllProtocol } from './cooked';
import { DecodeStatus } from './decode-status';
import { checkEthernet, ETHERNET_LENGTH, EtherType, ethernetType } from './ethernet';
import { LayerWalk } from './layer-walk';
import { LinkType } from './link-type';
import * as link from './link-walk';
import { checkLoopback, LOOPBACK_LENGTH, loopbackIpVersion } from './loopback';
import { decodeIpv4, decodeIpv6 } from './network-walk';
import { checkPktap, pktapLength, pktapLinkType } from './pktap';
import { checkPpi, ppiLength, ppiLinkType } from './ppi';
import { END, Layer } from './step';
import { decodeUdpTunnel } from './udp-tunnel-walk';
import { takeUsualPacket, Usual } from './usual-packet';
import { isRadiotapPadded, radiotapLength } from './wifi';

/**
 * Decodes the packet that `walk.begin` was given. OK: the view holds a flow's tuple and payload, or, where its
 * `fragment` is LATER, `walk.fragment` has what that datagram's fragments share; the first of them has the ports.
 */
export function decode(walk: LayerWalk, linkType: i32): DecodeStatus {
  readPacket(walk.at, walk.end);
  const status = linkType == LinkType.ETHERNET ? decodeFrame(walk) : walkFrom(decodeLink(walk, linkType), walk);
  leavePacket();
  walk.view.status = <u8>status;
  return status;
}

/** An Ethernet frame: an IP packet without tags, which most are, or any other. */
function decodeFrame(walk: LayerWalk): DecodeStatus {
  const at = walk.at;
  if (checkEthernet(at, walk.end) != DecodeStatus.OK) return DecodeStatus.TRUNCATED_LINK;
  const type = ethernetType(at);
  walk.at = at + ETHERNET_LENGTH;
  const isIpv6 = type == EtherType.IPV6;
  if (!isIpv6 && type != EtherType.IPV4) return walkFrom(link.decodeEtherType(walk, type), walk);
  const usual = takeUsualPacket(walk, isIpv6);
  return usual == Usual.TAKEN ? DecodeStatus.OK : walkFrom(decodeRest(walk, usual, isIpv6), walk);
}

/** What is left to do of an IP packet after `takeUsualPacket`. */
function decodeRest(walk: LayerWalk, usual: Usual, isIpv6: bool): i32 {
  if (usual == Usual.NONE) return isIpv6 ? decodeIpv6(walk) : decodeIpv4(walk);
  if (usual == Usual.TAKEN) return END + DecodeStatus.OK;
  const layer = decodeUdpTunnel(walk);
  return layer >= 0 ? layer : END + DecodeStatus.OK;
}

/** Goes from the layer that a step has answered to the end. */
function walkFrom(answer: i32, walk: LayerWalk): DecodeStatus {
  let next = answer;
  while (next < END) {
    switch (next) {
      case Layer.IPV4:
        next = decodeRest(walk, takeUsualPacket(walk, false), false);
        break;
      case Layer.IPV6:
        next = decodeRest(walk, takeUsualPacket(walk, true), true);
        break;
      case Layer.ETHERNET:
        next = link.decodeEthernet(walk);
        break;
      case Layer.PPP:
        next = link.decodePpp(walk);
        break;
      case Layer.MPLS:
        next = link.decodeMpls(walk);
        break;
      case Layer.ANY_IP:
        next = link.decodeAnyIp(walk, DecodeStatus.MALFORMED_LINK);
        break;
      case Layer.PADDED_WIFI:
        next = link.decodeWifi(walk, 4);
        break;
      default:
        next = link.decodeWifi(walk, 1);
    }
  }
  return <DecodeStatus>(next - END);
}

/** The first step: answers the next layer, or the end, as each step does. */
export function decodeLink(walk: LayerWalk, linkType: i32): i32 {
  const at = walk.at;
  const end = walk.end;
  switch (linkType) {
    case LinkType.ETHERNET:
      return Layer.ETHERNET;
    case LinkType.LINUX_SLL: {
      const status = checkSll(at, end);
      if (status != DecodeStatus.OK) return END + status;
      walk.at = at + SLL_LENGTH;
      return link.decodeEtherType(walk, sllProtocol(at));
    }
    case LinkType.LINUX_SLL2: {
      const status = checkSll2(at, end);
      if (status != DecodeStatus.OK) return END + status;
      walk.at = at + SLL2_LENGTH;
      return link.decodeEtherType(walk, sll2Protocol(at));
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
      if (status != DecodeStatus.OK) return END + status;
      const version = loopbackIpVersion(at);
      walk.at = at + LOOPBACK_LENGTH;
      if (version == 0) return END + DecodeStatus.UNSUPPORTED_FRAME;
      return version == 4 ? Layer.IPV4 : Layer.IPV6;
    }
    case LinkType.PPP:
    case LinkType.PPP_HDLC: {
      const cisco = linkType == LinkType.PPP_HDLC && at < end && (byteAt(at) & 0x7f) == 0x0f;
      return cisco ? link.decodeCiscoHdlc(walk) : Layer.PPP;
    }
    case LinkType.PPP_ETHER:
      return link.decodePppoe(walk);
    case LinkType.CISCO_HDLC:
      return link.decodeCiscoHdlc(walk);
    case LinkType.IEEE802_11:
      return Layer.WIFI;
    case LinkType.IEEE802_11_RADIOTAP: {
      const length = radiotapLength(at, end);
      if (length <= 0) return END + (length == 0 ? DecodeStatus.TRUNCATED_LINK : DecodeStatus.MALFORMED_LINK);
      walk.at = at + length;
      return isRadiotapPadded(at, length) ? Layer.PADDED_WIFI : Layer.WIFI;
    }
    default:
      return decodeAnnotatedLink(walk, linkType);
  }
}

/** Links with notes of the capturing system in front of each packet. */
function decodeAnnotatedLink(walk: LayerWalk, linkType: i32): i32 {
  const at = walk.at;
  const end = walk.end;
  switch (linkType) {
    case LinkType.NFLOG:
      return annotated.decodeNflog(walk);
    case LinkType.PFLOG:
      return annotated.decodePflog(walk);
    case LinkType.ENC:
      return annotated.decodeEnc(walk);
    case LinkType.IPNET:
      return annotated.decodeIpnet(walk);
    case LinkType.JUNIPER_ETHER:
      return annotated.decodeJuniper(walk);
    case LinkType.PPI: {
      const status = checkPpi(at, end);
      if (status != DecodeStatus.OK) return END + status;
      walk.at = at + ppiLength(at);
      return decodeInnerLink(walk, ppiLinkType(at));
    }
    case LinkType.PKTAP: {
      const status = checkPktap(at, end);
      if (status != DecodeStatus.OK) return END + status;
      walk.at = at + pktapLength(at);
      return decodeInnerLink(walk, pktapLinkType(at));
    }
    default:
      return END + DecodeStatus.UNSUPPORTED_LINK_TYPE;
  }
}

/** The frame after a header that names its link type. Such a header after another one is not followed. */
function decodeInnerLink(walk: LayerWalk, linkType: i32): i32 {
  const isNested = linkType == LinkType.PPI || linkType == LinkType.PKTAP;
  return isNested ? END + DecodeStatus.UNSUPPORTED_LINK_TYPE : decodeLink(walk, linkType);
}
