/**
 * Juniper packet mirroring over UDP (JUNOSe): mirror identifier 4, session identifier 4, then the mirrored IP packet, or a PPP
 * frame with address and control. Its inside is not read.
 *
 * Neither identifier is evidence, so the packet has to be: an IPv4 header with the right checksum, an IPv6 header without
 * flow label, or the PPP frame's fixed bytes, each with a length that takes up the datagram to its end.
 */
import { Fit, ipFit, pppFit } from './frame-fit.ts';
import { pppFramingLength } from './pppoe.ts';

const HEADER_LENGTH = 8;
export const JUNIPER_MIRROR_PORT = 30030;

export function isJuniperMirror(data: DataView, at: number, end: number, wireEnd: number): boolean {
  const packet = at + HEADER_LENGTH;
  if (packet + 4 > end) return false;
  if (pppFramingLength(data, packet, end) !== 0) return pppFit(data, packet, end, wireEnd, 0) !== Fit.NONE;
  const fit = ipFit(data, packet, end, wireEnd, 0);
  return fit === Fit.PROVEN || (fit === Fit.SOUND && (data.getUint32(packet) & 0xf00fffff) === 0x60000000);
}
