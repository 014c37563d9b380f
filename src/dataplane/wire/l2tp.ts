/**
 * L2TP data messages; control messages (T bit set, or session 0 over IP) are not read.
 *
 * Version 2, over UDP (RFC 2661 section 3.1): flags and version 2, length 2 where L is set, tunnel id 2, session id 2, Ns and
 * Nr 4 where S is set, offset size 2 and as much padding where O is set, then a PPP frame. Reserved bits are ignored.
 *
 * Version 3 (RFC 3931 section 4.1): over UDP flags and version 2, reserved 2; then, and over IP protocol 115 at once, session
 * id 4, cookie 0, 4 or 8, sublayer 0 or 4, then a frame of the pseudowire: Ethernet (RFC 4719), PPP, or HDLC (RFC 4349). The
 * lengths of cookie and sublayer, and the kind of frame, are agreed out of band, so `findLayout` tries them.
 *
 * Session ids differ by direction, so they tell no flows apart. The port only says where to look; see vxlan.ts. Both ends
 * may use it, or only the one that was called, so it is looked for as source and as destination.
 */
import { ciscoHdlcFit, Fit, FRAME_ROOM, frameFit, pppFit } from './frame-fit.ts';

const LENGTH_GIVEN = 0x4000;
const SEQUENCE_GIVEN = 0x0800;
const OFFSET_GIVEN = 0x0200;
/** T bit and version. */
const KIND = 0x800f;
export const L2TP_PORT = 1701;

/** True for a data message of version 2 whose header is captured whole and whose length fits; the header is evidence with a PPP frame only. */
export function isL2tp2(data: DataView, at: number, end: number, wireEnd: number): boolean {
  if (at + 2 > end || (data.getUint16(at) & KIND) !== 2) return false;
  const flags = data.getUint16(at);
  const idsAt = at + ((flags & LENGTH_GIVEN) !== 0 ? 4 : 2);
  const offsetAt = idsAt + ((flags & SEQUENCE_GIVEN) !== 0 ? 8 : 4);
  if (offsetAt + ((flags & OFFSET_GIVEN) !== 0 ? 2 : 0) > end) return false;
  if (data.getUint16(idsAt) === 0 || data.getUint16(idsAt + 2) === 0) return false;
  const stop = l2tp2End(data, at, wireEnd);
  return stop <= wireEnd && at + l2tp2HeaderLength(data, at) < stop;
}

/** Bytes before the PPP frame; after `isL2tp2` said yes. */
export function l2tp2HeaderLength(data: DataView, at: number): number {
  const flags = data.getUint16(at);
  let length = 6;
  if ((flags & LENGTH_GIVEN) !== 0) length += 2;
  if ((flags & SEQUENCE_GIVEN) !== 0) length += 4;
  if ((flags & OFFSET_GIVEN) !== 0) length += 2 + data.getUint16(at + length);
  return length;
}

/** Where the message ends: as its length says, else with the datagram. */
export function l2tp2End(data: DataView, at: number, wireEnd: number): number {
  return (data.getUint16(at) & LENGTH_GIVEN) !== 0 ? at + data.getUint16(at + 2) : wireEnd;
}

/** Bytes before the cookie in a UDP datagram. */
export const L2TP3_UDP_LENGTH = 8;
/** Bytes before the cookie behind an IP header. */
export const L2TP3_IP_LENGTH = 4;

/** True for a data message of version 3 in UDP. */
export function isL2tp3OverUdp(data: DataView, at: number, end: number): boolean {
  return at + L2TP3_UDP_LENGTH <= end && (data.getUint16(at) & KIND) === 3 && data.getUint32(at + 4) !== 0;
}

/** True for a data message directly over IP. */
export function isL2tp3OverIp(data: DataView, at: number, end: number): boolean {
  return at + L2TP3_IP_LENGTH <= end && data.getUint32(at) !== 0;
}

/** Kinds of frames in a session. */
export const Pseudowire = { ETHERNET: 0, PPP: 1, HDLC: 2 } as const;

/** Cookie and sublayer together: 0, 4 or 8 bytes and 0 or 4. */
const LONGEST_PREFIX = 12;

/**
 * The layout of a session's packet, whose cookie or frame begins at `at`: bytes before the frame times 4, plus a Pseudowire;
 * -1 where none has a sound IP packet inside. In an open packet, a first fragment, the end is unknown: there the IP header's
 * checksum must be right.
 */
export function findLayout(data: DataView, at: number, end: number, wireEnd: number, isOpen: boolean): number {
  let best: Fit = isOpen ? Fit.SOUND : Fit.NONE;
  let layout = -1;
  const stop = isOpen ? at + 0xffff : wireEnd;
  for (let prefix = 0; prefix <= LONGEST_PREFIX; prefix += 4) {
    for (let kind = 0; kind <= Pseudowire.HDLC; kind++) {
      const fit = pseudowireFit(data, at + prefix, end, stop, kind, isOpen);
      if (fit <= best) continue;
      best = fit;
      layout = prefix * 4 + kind;
    }
  }
  return layout;
}

function pseudowireFit(data: DataView, at: number, end: number, wireEnd: number, kind: number, isOpen: boolean): Fit {
  const room = isOpen ? 0xffff : 0;
  if (kind === Pseudowire.ETHERNET) return frameFit(data, at, end, wireEnd, isOpen ? room : FRAME_ROOM);
  if (kind === Pseudowire.PPP) return pppFit(data, at, end, wireEnd, room);
  return ciscoHdlcFit(data, at, end, wireEnd, room);
}
