/**
 * How well bytes fit as a frame or a packet, for places where no field says what they are: after an MPLS label stack,
 * and after the header of a tunnel whose port alone proves nothing.
 *
 * A fit looks through tags to an IP header. The header must lie inside the captured bytes, its fields must be sound,
 * and its length must agree with the bytes there are: up to `room` of them may be left over, as padding. Nothing is
 * decoded; every function reads captured bytes only and ends after a bounded number of steps.
 */
import { byteAt } from '../memory';
import { DecodeStatus } from './decode-status';
import * as ethernet from './ethernet';
import { EtherType } from './ethernet';
import { checkCiscoHdlc, CISCO_HDLC_LENGTH, ciscoHdlcType } from './hdlc';
import * as ipv4 from './ipv4';
import * as ipv6 from './ipv6';
import { isBottomOfStack, MPLS_ENTRY_LENGTH, MPLS_STACK_LIMIT } from './mpls';
import * as pppoe from './pppoe';

/** SOUND: fields and lengths agree. PROVEN: an IPv4 header checksum is right as well. */
export enum Fit {
  NONE = 0,
  SOUND = 1,
  PROVEN = 2,
}

/** Padding of a short frame, a frame check sequence, and trailers of switches. */
export const FRAME_ROOM: i32 = 64;

/** Tags, and headers between tags, that are looked through. */
const TAG_LIMIT: i32 = 8;

/** An IP packet of either version. */
export function ipFit(at: usize, end: usize, wireEnd: usize, room: i32): Fit {
  if (at >= end) return Fit.NONE;
  const version = byteAt(at) >> 4;
  if (version == 4) return ipv4Fit(at, end, wireEnd, room);
  return version == 6 ? ipv6Fit(at, end, wireEnd, room) : Fit.NONE;
}

function ipv4Fit(at: usize, end: usize, wireEnd: usize, room: i32): Fit {
  if (ipv4.checkIpv4(at, end) != DecodeStatus.OK || ipv4.ipv4ReservedFlag(at)) return Fit.NONE;
  if (!fills(ipv4.ipv4TotalLength(at), <i32>(wireEnd - at), room)) return Fit.NONE;
  return ipv4.isIpv4ChecksumRight(at) ? Fit.PROVEN : Fit.SOUND;
}

function ipv6Fit(at: usize, end: usize, wireEnd: usize, room: i32): Fit {
  if (ipv6.checkIpv6(at, end) != DecodeStatus.OK || !ipv6.isUsualIpv6(at)) return Fit.NONE;
  const length = ipv6.ipv6PayloadLength(at);
  return length != 0 && fills(ipv6.IPV6_LENGTH + length, <i32>(wireEnd - at), room) ? Fit.SOUND : Fit.NONE;
}

/** True where a packet of `length` leaves at most `room` of the bytes there are. A length of 0 says nothing. */
function fills(length: i32, available: i32, room: i32): bool {
  const left = available - length;
  return length != 0 && left >= 0 && left <= room;
}

/** An Ethernet frame. */
export function frameFit(at: usize, end: usize, wireEnd: usize, room: i32): Fit {
  if (ethernet.checkEthernet(at, end) != DecodeStatus.OK) return Fit.NONE;
  const type = ethernet.ethernetType(at);
  return etherTypeFit(type, at + ethernet.ETHERNET_LENGTH, end, wireEnd, room);
}

/** What follows an ethertype, VLAN tags and SNAP looked through. */
export function etherTypeFit(type: i32, at: usize, end: usize, wireEnd: usize, room: i32): Fit {
  for (let count = 0; count < TAG_LIMIT; count++) {
    if (ethernet.isVlanTag(type)) {
      if (ethernet.checkVlan(at, end) != DecodeStatus.OK) return Fit.NONE;
      type = ethernet.vlanType(at);
      at += ethernet.VLAN_TAG_LENGTH;
    } else if (ethernet.isLength(type)) {
      type = ethernet.snapType(at, end);
      if (type < 0 || ethernet.isLength(type)) return Fit.NONE;
      at += ethernet.SNAP_LENGTH;
    } else {
      return untaggedFit(type, at, end, wireEnd, room);
    }
  }
  return Fit.NONE;
}

function untaggedFit(type: i32, at: usize, end: usize, wireEnd: usize, room: i32): Fit {
  switch (type) {
    case EtherType.IPV4:
      return ipv4Fit(at, end, wireEnd, room);
    case EtherType.IPV6:
      return ipv6Fit(at, end, wireEnd, room);
    case EtherType.ARP:
      return ethernet.isArpForIpv4(at, end) ? Fit.SOUND : Fit.NONE;
    case EtherType.MPLS:
    case EtherType.MPLS_MULTICAST:
      return mplsFit(at, end, wireEnd, room);
    case EtherType.PPPOE_SESSION:
      return pppoeFit(at, end, wireEnd, room);
    default:
      return Fit.NONE;
  }
}

/** A label stack with an IP packet below it. */
export function mplsFit(at: usize, end: usize, wireEnd: usize, room: i32): Fit {
  for (let depth = 0; depth < MPLS_STACK_LIMIT && <i32>(end - at) >= MPLS_ENTRY_LENGTH; depth++) {
    const bottom = isBottomOfStack(at);
    at += MPLS_ENTRY_LENGTH;
    if (bottom) return ipFit(at, end, wireEnd, room);
  }
  return Fit.NONE;
}

function pppoeFit(at: usize, end: usize, wireEnd: usize, room: i32): Fit {
  if (pppoe.checkPppoe(at, end) != DecodeStatus.OK) return Fit.NONE;
  const length = pppoe.PPPOE_LENGTH + pppoe.pppoePayloadLength(at);
  const stop = at + <usize>length;
  if (!fills(length, <i32>(wireEnd - at), room)) return Fit.NONE;
  return pppFit(at + pppoe.PPPOE_LENGTH, min(end, stop), stop, 0);
}

/** A PPP frame with an IP packet in it, with or without address and control, the protocol in one byte or two. */
export function pppFit(at: usize, end: usize, wireEnd: usize, room: i32): Fit {
  at += pppoe.pppFramingLength(at, end);
  const length = pppoe.pppProtocolLength(at, end);
  if (length == 0) return Fit.NONE;
  const protocol = pppoe.pppProtocol(at, length);
  at += length;
  if (protocol == pppoe.PppProtocol.IPV4) return ipv4Fit(at, end, wireEnd, room);
  return protocol == pppoe.PppProtocol.IPV6 ? ipv6Fit(at, end, wireEnd, room) : Fit.NONE;
}

/** A Cisco HDLC frame with an IP packet in it. */
export function ciscoHdlcFit(at: usize, end: usize, wireEnd: usize, room: i32): Fit {
  if (checkCiscoHdlc(at, end) != DecodeStatus.OK || byteAt(at + 1) != 0) return Fit.NONE;
  const type = ciscoHdlcType(at);
  at += CISCO_HDLC_LENGTH;
  if (type == EtherType.IPV4) return ipv4Fit(at, end, wireEnd, room);
  return type == EtherType.IPV6 ? ipv6Fit(at, end, wireEnd, room) : Fit.NONE;
}
