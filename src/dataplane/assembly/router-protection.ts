/**
 * ESP and AH that protect the protocols of routers, and are no VPN: VRRP to 224.0.0.18, PIM to 224.0.0.13 and
 * ff02::d, OSPFv3 to ff02::5 and ff02::6, RIPng to ff02::9 (RFC 4552, RFC 5796). A packet to a link-local group (RFC
 * 5771 section 4: 224.0.0.0/24; RFC 4291 section 2.7: ff02::/16) never leaves its link, so it is of no
 * tunnel. The same holds between two link-local addresses of IPv6 (RFC 4291 section 2.5.6: fe80::/10), from which
 * OSPFv3 answers one neighbour.
 *
 * This is looked at once, when a flow begins: all packets of a flow have the same two ends. A group sends nothing, so
 * its members answer by packets to the group again. Both ends are looked at all the same.
 */
import { PacketView, Transport } from './wire/packet-view';

/** The upper three bytes of 224.0.0.0/24. */
const LINK_LOCAL_V4: u32 = 0xe00000;
/** The upper two bytes of ff02::/16. */
const LINK_LOCAL_V6: u32 = 0xff02;
/** The upper ten bits of fe80::/10. */
const LINK_LOCAL_UNICAST_V6: u32 = 0xfe80 >>> 6;

/** True for a packet of ESP or AH to or from a group of one link, or between two link-local addresses. */
export function protectsRouters(view: PacketView): bool {
  if (view.transport != Transport.ESP && view.transport != Transport.AH) return false;
  if (!view.isIpv6) return view.lowWord >> 8 == LINK_LOCAL_V4 || view.highWord >> 8 == LINK_LOCAL_V4;
  return (
    view.destination0 >> 16 == LINK_LOCAL_V6 ||
    view.source0 >> 16 == LINK_LOCAL_V6 ||
    (view.source0 >> 22 == LINK_LOCAL_UNICAST_V6 && view.destination0 >> 22 == LINK_LOCAL_UNICAST_V6)
  );
}
