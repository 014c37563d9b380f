/**
 * Juniper packet mirroring over UDP (JUNOSe): mirror identifier 4, session identifier 4, then the mirrored IP packet,
 * or a PPP frame with address and control. Its inside is not read.
 *
 * Neither identifier is evidence, so the packet has to be: an IPv4 header with the right checksum, an IPv6 header
 * without flow label, or the PPP frame's fixed bytes, each with a length that takes up the datagram to its end.
 */
import { u32be } from '../memory';
import { Fit, ipFit, pppFit } from './frame-fit';
import { pppFramingLength } from './pppoe';

const HEADER_LENGTH: i32 = 8;
export const JUNIPER_MIRROR_PORT: u16 = 30030;

export function isJuniperMirror(at: usize, end: usize, wireEnd: usize): bool {
  const packet = at + HEADER_LENGTH;
  if (<i32>(end - packet) < 4) return false;
  if (pppFramingLength(packet, end) != 0) return pppFit(packet, end, wireEnd, 0) != Fit.NONE;
  const fit = ipFit(packet, end, wireEnd, 0);
  return fit == Fit.PROVEN || (fit == Fit.SOUND && (u32be(packet) & 0xf00fffff) == 0x60000000);
}
