/**
 * L2TP data messages; control messages (T bit set, or session 0 over IP) are not read.
 *
 * Version 2, over UDP (RFC 2661 section 3.1): flags and version 2, length 2 where L is set, tunnel id 2, session id 2,
 * Ns and Nr 4 where S is set, offset size 2 and as much padding where O is set, then a PPP frame. Reserved bits are
 * ignored.
 *
 * Version 3 (RFC 3931 section 4.1): over UDP flags and version 2, reserved 2; then, and over IP protocol 115 at once,
 * session id 4, cookie 0, 4 or 8, sublayer 0 or 4, then a frame of the pseudowire: Ethernet (RFC 4719), PPP, or HDLC
 * (RFC 4349). The lengths of cookie and sublayer, and the kind of frame, are agreed out of band, so `findLayout` tries
 * them.
 *
 * Session ids differ by direction, so they tell no flows apart. The port only says where to look; see vxlan.ts. Both
 * ends may use it, or only the one that was called, so it is looked for as source and as destination.
 */
import { u16be, u32be } from '../memory';
import { ciscoHdlcFit, Fit, FRAME_ROOM, frameFit, pppFit } from './frame-fit';

const LENGTH_GIVEN: i32 = 0x4000;
const SEQUENCE_GIVEN: i32 = 0x0800;
const OFFSET_GIVEN: i32 = 0x0200;
/** T bit and version. */
const KIND: i32 = 0x800f;
export const L2TP_PORT: u16 = 1701;

/**
 * True for a data message of version 2 whose header is captured whole and whose length fits; the header is evidence
 * with a PPP frame only.
 */
export function isL2tp2(at: usize, end: usize, wireEnd: usize): bool {
  if (<i32>(end - at) < 2 || (u16be(at) & KIND) != 2) return false;
  const flags = u16be(at);
  const idsAt = at + <usize>((flags & LENGTH_GIVEN) != 0 ? 4 : 2);
  const offsetAt = idsAt + <usize>((flags & SEQUENCE_GIVEN) != 0 ? 8 : 4);
  if (<i32>(end - offsetAt) < ((flags & OFFSET_GIVEN) != 0 ? 2 : 0)) return false;
  if (u16be(idsAt) == 0 || u16be(idsAt + 2) == 0) return false;
  const stop = l2tp2End(at, wireEnd);
  return stop <= wireEnd && l2tp2HeaderLength(at) < <i32>(stop - at);
}

/** Bytes before the PPP frame; after `isL2tp2` said yes. */
export function l2tp2HeaderLength(at: usize): i32 {
  const flags = u16be(at);
  let length = 6;
  if ((flags & LENGTH_GIVEN) != 0) length += 2;
  if ((flags & SEQUENCE_GIVEN) != 0) length += 4;
  if ((flags & OFFSET_GIVEN) != 0) length += 2 + <i32>u16be(at + length);
  return length;
}

/** Where the message ends: as its length says, else with the datagram. */
export function l2tp2End(at: usize, wireEnd: usize): usize {
  return (u16be(at) & LENGTH_GIVEN) != 0 ? at + <usize>u16be(at + 2) : wireEnd;
}

/** Bytes before the cookie in a UDP datagram. */
export const L2TP3_UDP_LENGTH: i32 = 8;
/** Bytes before the cookie after an IP header. */
export const L2TP3_IP_LENGTH: i32 = 4;

/** True for a data message of version 3 in UDP. */
export function isL2tp3OverUdp(at: usize, end: usize): bool {
  return <i32>(end - at) >= L2TP3_UDP_LENGTH && (u16be(at) & KIND) == 3 && u32be(at + 4) != 0;
}

/** True for a data message directly over IP. */
export function isL2tp3OverIp(at: usize, end: usize): bool {
  return <i32>(end - at) >= L2TP3_IP_LENGTH && u32be(at) != 0;
}

/** Kinds of frames in a session. */
export enum Pseudowire {
  ETHERNET = 0,
  PPP = 1,
  HDLC = 2,
}

/** Cookie and sublayer together: 0, 4 or 8 bytes and 0 or 4. */
const LONGEST_PREFIX: i32 = 12;

/**
 * The layout of a session's packet, whose cookie or frame begins at `at`: bytes before the frame times 4, plus a
 * Pseudowire; -1 where none has a sound IP packet inside. In an open packet, a first fragment, the end is unknown:
 * there the IP header's checksum must be right.
 */
export function findLayout(at: usize, end: usize, wireEnd: usize, isOpen: bool): i32 {
  let best: Fit = isOpen ? Fit.SOUND : Fit.NONE;
  let layout = -1;
  const stop: usize = isOpen ? at + 0xffff : wireEnd;
  for (let prefix = 0; prefix <= LONGEST_PREFIX; prefix += 4) {
    for (let kind = 0; kind <= Pseudowire.HDLC; kind++) {
      const fit = pseudowireFit(at + prefix, end, stop, kind, isOpen);
      if (fit <= best) continue;
      best = fit;
      layout = prefix * 4 + kind;
    }
  }
  return layout;
}

function pseudowireFit(at: usize, end: usize, wireEnd: usize, kind: i32, isOpen: bool): Fit {
  const room = isOpen ? 0xffff : 0;
  if (kind == Pseudowire.ETHERNET) return frameFit(at, end, wireEnd, isOpen ? room : FRAME_ROOM);
  if (kind == Pseudowire.PPP) return pppFit(at, end, wireEnd, room);
  return ciscoHdlcFit(at, end, wireEnd, room);
}
