/**
 * How well bytes fit as a frame or a packet, for places where no field says what they are: behind an MPLS label stack, and
 * behind the header of a tunnel whose port alone proves nothing.
 *
 * A fit looks through tags to an IP header. The header must lie inside the captured bytes, its fields must be sound, and its
 * length must agree with the bytes there are: up to `room` of them may be left over, as padding. Nothing is decoded; every
 * function reads captured bytes only and ends after a bounded number of steps.
 */
import { DecodeStatus } from '../host/decode-status.ts';
import * as ethernet from './ethernet.ts';
import { EtherType } from './ethernet.ts';
import { checkCiscoHdlc, CISCO_HDLC_LENGTH, ciscoHdlcType } from './hdlc.ts';
import * as ipv4 from './ipv4.ts';
import * as ipv6 from './ipv6.ts';
import { isBottomOfStack, MPLS_ENTRY_LENGTH, MPLS_STACK_LIMIT } from './mpls.ts';
import * as pppoe from './pppoe.ts';

/** SOUND: fields and lengths agree. PROVEN: an IPv4 header checksum is right as well. */
export const Fit = { NONE: 0, SOUND: 1, PROVEN: 2 } as const;
export type Fit = (typeof Fit)[keyof typeof Fit];

/** Padding of a short frame, a frame check sequence, and trailers of switches. */
export const FRAME_ROOM = 64;

/** Tags, and headers between tags, that are looked through. */
const TAG_LIMIT = 8;

/** An IP packet of either version. */
export function ipFit(data: DataView, at: number, end: number, wireEnd: number, room: number): Fit {
  if (at >= end) return Fit.NONE;
  const version = data.getUint8(at) >> 4;
  if (version === 4) return ipv4Fit(data, at, end, wireEnd, room);
  return version === 6 ? ipv6Fit(data, at, end, wireEnd, room) : Fit.NONE;
}

function ipv4Fit(data: DataView, at: number, end: number, wireEnd: number, room: number): Fit {
  if (ipv4.checkIpv4(data, at, end) !== DecodeStatus.OK || ipv4.ipv4ReservedFlag(data, at)) return Fit.NONE;
  if (!fills(ipv4.ipv4TotalLength(data, at), wireEnd - at, room)) return Fit.NONE;
  return ipv4.isIpv4ChecksumRight(data, at) ? Fit.PROVEN : Fit.SOUND;
}

function ipv6Fit(data: DataView, at: number, end: number, wireEnd: number, room: number): Fit {
  if (ipv6.checkIpv6(data, at, end) !== DecodeStatus.OK || !ipv6.isUsualIpv6(data, at)) return Fit.NONE;
  const length = ipv6.ipv6PayloadLength(data, at);
  return length !== 0 && fills(ipv6.IPV6_LENGTH + length, wireEnd - at, room) ? Fit.SOUND : Fit.NONE;
}

/** True where a packet of `length` leaves at most `room` of the bytes there are. A length of 0 says nothing. */
function fills(length: number, available: number, room: number): boolean {
  const left = available - length;
  return length !== 0 && left >= 0 && left <= room;
}

/** An Ethernet frame. */
export function frameFit(data: DataView, at: number, end: number, wireEnd: number, room: number): Fit {
  if (ethernet.checkEthernet(at, end) !== DecodeStatus.OK) return Fit.NONE;
  const type = ethernet.ethernetType(data, at);
  return etherTypeFit(data, type, at + ethernet.ETHERNET_LENGTH, end, wireEnd, room);
}

/** What follows an ethertype, VLAN tags and SNAP looked through. */
export function etherTypeFit(
  data: DataView,
  type: number,
  at: number,
  end: number,
  wireEnd: number,
  room: number,
): Fit {
  for (let count = 0; count < TAG_LIMIT; count++) {
    if (ethernet.isVlanTag(type)) {
      if (ethernet.checkVlan(at, end) !== DecodeStatus.OK) return Fit.NONE;
      type = ethernet.vlanType(data, at);
      at += ethernet.VLAN_TAG_LENGTH;
    } else if (ethernet.isLength(type)) {
      type = ethernet.snapType(data, at, end);
      if (type < 0 || ethernet.isLength(type)) return Fit.NONE;
      at += ethernet.SNAP_LENGTH;
    } else {
      return untaggedFit(data, type, at, end, wireEnd, room);
    }
  }
  return Fit.NONE;
}

function untaggedFit(data: DataView, type: number, at: number, end: number, wireEnd: number, room: number): Fit {
  switch (type) {
    case EtherType.IPV4:
      return ipv4Fit(data, at, end, wireEnd, room);
    case EtherType.IPV6:
      return ipv6Fit(data, at, end, wireEnd, room);
    case EtherType.ARP:
      return ethernet.isArpForIpv4(data, at, end) ? Fit.SOUND : Fit.NONE;
    case EtherType.MPLS:
    case EtherType.MPLS_MULTICAST:
      return mplsFit(data, at, end, wireEnd, room);
    case EtherType.PPPOE_SESSION:
      return pppoeFit(data, at, end, wireEnd, room);
    default:
      return Fit.NONE;
  }
}

/** A label stack with an IP packet below it. */
export function mplsFit(data: DataView, at: number, end: number, wireEnd: number, room: number): Fit {
  for (let depth = 0; depth < MPLS_STACK_LIMIT && at + MPLS_ENTRY_LENGTH <= end; depth++) {
    const bottom = isBottomOfStack(data, at);
    at += MPLS_ENTRY_LENGTH;
    if (bottom) return ipFit(data, at, end, wireEnd, room);
  }
  return Fit.NONE;
}

function pppoeFit(data: DataView, at: number, end: number, wireEnd: number, room: number): Fit {
  if (pppoe.checkPppoe(data, at, end) !== DecodeStatus.OK) return Fit.NONE;
  const stop = at + pppoe.PPPOE_LENGTH + pppoe.pppoePayloadLength(data, at);
  if (!fills(stop - at, wireEnd - at, room)) return Fit.NONE;
  return pppFit(data, at + pppoe.PPPOE_LENGTH, Math.min(end, stop), stop, 0);
}

/** A PPP frame with an IP packet in it, with or without address and control, the protocol in one byte or two. */
export function pppFit(data: DataView, at: number, end: number, wireEnd: number, room: number): Fit {
  at += pppoe.pppFramingLength(data, at, end);
  const length = pppoe.pppProtocolLength(data, at, end);
  if (length === 0) return Fit.NONE;
  const protocol = pppoe.pppProtocol(data, at, length);
  at += length;
  if (protocol === pppoe.PppProtocol.IPV4) return ipv4Fit(data, at, end, wireEnd, room);
  return protocol === pppoe.PppProtocol.IPV6 ? ipv6Fit(data, at, end, wireEnd, room) : Fit.NONE;
}

/** A Cisco HDLC frame with an IP packet in it. */
export function ciscoHdlcFit(data: DataView, at: number, end: number, wireEnd: number, room: number): Fit {
  if (checkCiscoHdlc(data, at, end) !== DecodeStatus.OK || data.getUint8(at + 1) !== 0) return Fit.NONE;
  const type = ciscoHdlcType(data, at);
  at += CISCO_HDLC_LENGTH;
  if (type === EtherType.IPV4) return ipv4Fit(data, at, end, wireEnd, room);
  return type === EtherType.IPV6 ? ipv6Fit(data, at, end, wireEnd, room) : Fit.NONE;
}
