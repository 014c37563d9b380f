/**
 * GTP-U: 3GPP TS 29.281 section 5.1: flags 1 (version 1, protocol type 1, reserved 0, E, S, PN), type 1 (255 for a user
 * packet), length 2 (bytes behind the first eight), tunnel id 4; four more bytes where any of E, S, PN is set (the last
 * is the type of the first extension); extensions in units of 4 bytes, each ending with the type of the next. The port
 * only says where to look; see vxlan.ts. Tunnel ids differ by direction, so they tell no flows apart.
 */

const TYPE_USER_PACKET = 255;
const FIXED_LENGTH = 8;
const OPTIONAL_LENGTH = 4;
const EXTENSION_LIMIT = 8;
export const GTP_PORT = 2152;

/** Bytes before the user's IP packet, or 0 where this is no well-formed user packet whose load begins as IP does. */
export function gtpHeaderLength(data: DataView, at: number, end: number, wireEnd: number): number {
  if (at + FIXED_LENGTH > end) return 0;
  const flags = data.getUint8(at);
  if ((flags & 0xf8) !== 0x30 || data.getUint8(at + 1) !== TYPE_USER_PACKET) return 0;
  const total = FIXED_LENGTH + data.getUint16(at + 2);
  if (at + total > wireEnd) return 0;
  if ((flags & 7) === 0) return FIXED_LENGTH;
  let length = FIXED_LENGTH + OPTIONAL_LENGTH;
  if (at + length > end) return 0;
  let next = (flags & 4) !== 0 ? data.getUint8(at + length - 1) : 0;
  for (let count = 0; next !== 0; count++) {
    if (count === EXTENSION_LIMIT || at + length >= end) return 0;
    const extension = data.getUint8(at + length) * 4;
    if (extension === 0 || at + length + extension > end) return 0;
    length += extension;
    next = data.getUint8(at + length - 1);
  }
  return length <= total ? length : 0;
}
