/**
 * The way from a frame to its innermost flow: the loop of the layer walk, and its first step, which the link type names.
 *
 * Each step looks at one layer at `view.at`, moves `view.at` behind it and names the next layer; the walk ends with a
 * status. Every step advances and wrappings are bounded (ENCAPSULATION_LIMIT), so the walk is bounded too. `view.end`
 * only ever shrinks: no step can read outside the captured packet.
 */
import * as annotated from './annotated-link-walk.ts';
import { checkSll, checkSll2, SLL2_LENGTH, sll2Protocol, SLL_LENGTH, sllProtocol } from './cooked.ts';
import { DecodeStatus } from '../host/decode-status.ts';
import { LinkType } from './link-type.ts';
import * as link from './link-walk.ts';
import { checkLoopback, LOOPBACK_LENGTH, loopbackIpVersion } from './loopback.ts';
import { decodeIpv4, decodeIpv6 } from './network-walk.ts';
import type { PacketView } from './packet-view.ts';
import { checkPktap, pktapLength, pktapLinkType } from './pktap.ts';
import { checkPpi, ppiLength, ppiLinkType } from './ppi.ts';
import { END, Layer } from './step.ts';
import { isRadiotapPadded, radiotapLength } from './wifi.ts';

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
        next = link.decodeEthernet(view);
        break;
      case Layer.PPP:
        next = link.decodePpp(view);
        break;
      case Layer.MPLS:
        next = link.decodeMpls(view);
        break;
      case Layer.ANY_IP:
        next = link.decodeAnyIp(view, DecodeStatus.MALFORMED_LINK);
        break;
      case Layer.PADDED_WIFI:
        next = link.decodeWifi(view, 4);
        break;
      default:
        next = link.decodeWifi(view, 1);
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
      return link.decodeEtherType(view, sllProtocol(data, at));
    }
    case LinkType.LINUX_SLL2: {
      const status = checkSll2(at, end);
      if (status !== DecodeStatus.OK) return END + status;
      view.at = at + SLL2_LENGTH;
      return link.decodeEtherType(view, sll2Protocol(data, at));
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
      return cisco ? link.decodeCiscoHdlc(view) : Layer.PPP;
    }
    case LinkType.PPP_ETHER:
      return link.decodePppoe(view);
    case LinkType.CISCO_HDLC:
      return link.decodeCiscoHdlc(view);
    case LinkType.IEEE802_11:
      return Layer.WIFI;
    case LinkType.IEEE802_11_RADIOTAP: {
      const length = radiotapLength(data, at, end);
      if (length <= 0) return END + (length === 0 ? DecodeStatus.TRUNCATED_LINK : DecodeStatus.MALFORMED_LINK);
      view.at = at + length;
      return isRadiotapPadded(data, at, length) ? Layer.PADDED_WIFI : Layer.WIFI;
    }
    default:
      return decodeAnnotatedLink(view, linkType);
  }
}

/** Links with notes of the capturing system in front of each packet. */
function decodeAnnotatedLink(view: PacketView, linkType: number): number {
  const { data, at, end } = view;
  switch (linkType) {
    case LinkType.NFLOG:
      return annotated.decodeNflog(view);
    case LinkType.PFLOG:
      return annotated.decodePflog(view);
    case LinkType.ENC:
      return annotated.decodeEnc(view);
    case LinkType.IPNET:
      return annotated.decodeIpnet(view);
    case LinkType.JUNIPER_ETHER:
      return annotated.decodeJuniper(view);
    case LinkType.PPI: {
      const status = checkPpi(data, at, end);
      if (status !== DecodeStatus.OK) return END + status;
      view.at = at + ppiLength(data, at);
      return decodeInnerLink(view, ppiLinkType(data, at));
    }
    case LinkType.PKTAP: {
      const status = checkPktap(data, at, end);
      if (status !== DecodeStatus.OK) return END + status;
      view.at = at + pktapLength(data, at);
      return decodeInnerLink(view, pktapLinkType(data, at));
    }
    default:
      return END + DecodeStatus.UNSUPPORTED_LINK_TYPE;
  }
}

/** The frame behind a header that names its link type. Such a header behind another one is not followed. */
function decodeInnerLink(view: PacketView, linkType: number): number {
  const isNested = linkType === LinkType.PPI || linkType === LinkType.PKTAP;
  return isNested ? END + DecodeStatus.UNSUPPORTED_LINK_TYPE : decodeLink(view, linkType);
}
