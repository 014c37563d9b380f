/**
 * GTP-U: 3GPP TS 29.281 section 5.1: flags 1 (version 1, protocol type 1, reserved 0, E, S, PN), 1 (255 for a user
 * packet), length 2 (bytes after the first eight), tunnel id 4; four more bytes where any of E, S, PN is set (the last
 * is the type of the first extension); extensions in units of 4 bytes, each ending with the type of the next. The port
 * only says where to look; see vxlan.ts. Tunnel ids differ by direction, so they tell no flows apart.
 */
import { byteAt, u16be } from '../memory';

const TYPE_USER_PACKET: u32 = 255;
const FIXED_LENGTH: i32 = 8;
const OPTIONAL_LENGTH: i32 = 4;
const EXTENSION_LIMIT: i32 = 8;
export const GTP_PORT: u16 = 2152;

/** Bytes before the user's IP packet, or 0 where this is no well-formed user packet whose load begins as IP does. */
export function gtpHeaderLength(at: usize, end: usize, wireEnd: usize): i32 {
  if (<i32>(end - at) < FIXED_LENGTH) return 0;
  const flags = byteAt(at);
  if ((flags & 0xf8) != 0x30 || byteAt(at + 1) != TYPE_USER_PACKET) return 0;
  const total = FIXED_LENGTH + <i32>u16be(at + 2);
  if (<i32>(wireEnd - at) < total) return 0;
  if ((flags & 7) == 0) return FIXED_LENGTH;
  const captured = <i32>(end - at);
  let length = FIXED_LENGTH + OPTIONAL_LENGTH;
  if (captured < length) return 0;
  let next = (flags & 4) != 0 ? byteAt(at + length - 1) : 0;
  for (let count = 0; next != 0; count++) {
    if (count == EXTENSION_LIMIT || length >= captured) return 0;
    const extension = <i32>byteAt(at + length) * 4;
    if (extension == 0 || length + extension > captured) return 0;
    length += extension;
    next = byteAt(at + length - 1);
  }
  return length <= total ? length : 0;
}
