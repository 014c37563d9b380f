/**
 * ESP and AH that protect what routers say to each other, and are no VPN: VRRP to 224.0.0.18, PIM to 224.0.0.13 and
 * ff02::d, OSPFv3 to ff02::5 and ff02::6, RIPng to ff02::9 (RFC 4552, RFC 5796). A packet to a link-local group (RFC
 * 5771 section 4: 224.0.0.0/24; RFC 4291 section 2.7: ff02::/16) never leaves its link, so there is no tunnel behind
 * it. The same holds between two link-local addresses of IPv6 (RFC 4291 section 2.5.6: fe80::/10), from which OSPFv3
 * answers one neighbour.
 *
 * This is asked once, when a flow begins: all packets of a flow have the same two ends. A group sends nothing, so the
 * answers that its members give each other are packets to the group again. Either end is looked at all the same: of
 * IPv4 ends the words of the flow's key, which are all that packets bring that another thread decoded.
 */
import type { PacketView } from './wire/packet-view.ts';
import { Transport } from './host/packet-codes.ts';

/** The upper three bytes of 224.0.0.0/24. */
const LINK_LOCAL_V4 = 0xe00000;
/** The upper two bytes of ff02::/16. */
const LINK_LOCAL_V6 = 0xff02;
/** The upper ten bits of fe80::/10. */
const LINK_LOCAL_UNICAST_V6 = 0xfe80 >>> 6;

/** True for a packet of ESP or AH to or from a group of one link, or between two link-local addresses. */
export function protectsRouters(view: PacketView): boolean {
  if (view.transport !== Transport.ESP && view.transport !== Transport.AH) return false;
  if (!view.isWide) return view.lowWord >>> 8 === LINK_LOCAL_V4 || view.highWord >>> 8 === LINK_LOCAL_V4;
  const { source0, destination0 } = view;
  return (
    destination0 >>> 16 === LINK_LOCAL_V6 ||
    source0 >>> 16 === LINK_LOCAL_V6 ||
    (source0 >>> 22 === LINK_LOCAL_UNICAST_V6 && destination0 >>> 22 === LINK_LOCAL_UNICAST_V6)
  );
}
