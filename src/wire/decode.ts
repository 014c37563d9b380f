/**
 * The way from a frame to its innermost flow: the loop of the layer walk, and its first step, which the link type names.
 *
 * Each step looks at one layer at `view.at`, moves `view.at` behind it and names the next layer; the walk ends with a
 * status. Every step advances and wrappings are bounded (ENCAPSULATION_LIMIT), so the walk is bounded too. `view.end`
 * only ever shrinks: no step can read outside the captured packet.
 */
import { checkSll, checkSll2, SLL2_LENGTH, sll2Protocol, SLL_LENGTH, sllProtocol } from './cooked.ts';
import { DecodeStatus } from './decode-status.ts';
import * as link from './link-walk.ts';
import { checkLoopback, LOOPBACK_LENGTH, loopbackIpVersion } from './loopback.ts';
import { decodeIpv4, decodeIpv6 } from './network-walk.ts';
import type { PacketView } from './packet-view.ts';
import { END, Layer } from './step.ts';
import { isRadiotapPadded, radiotapLength } from './wifi.ts';

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
      return END + DecodeStatus.UNSUPPORTED_LINK_TYPE;
  }
}
