/**
 * TZSP, the TaZmen Sniffer Protocol, which MikroTik routers mirror with: version 1 (1), type 1 (0 and 1 carry a frame; the
 * others configure), encapsulated protocol 2, tagged fields up to the tag 1 (tag 1, length 1, value; the tags 0, padding,
 * and 1, end, have neither length nor value), then the frame. As Wireshark's packet-tzsp.c reads it; there is no standard.
 *
 * The port only says where to look; see vxlan.ts. The accessor may be called after `tzspLength` was not 0.
 */

const PROTOCOL = 2;
const FIXED_LENGTH = 4;
const VERSION = 1;
const LAST_TYPE_WITH_FRAME = 1;
const Tag = { PADDING: 0, END: 1 } as const;
const TAG_LIMIT = 64;
export const TZSP_PORT = 37008;

/** Of those that Wireshark knows; Prism (119) and AVS (127) headers are not read. */
export const TzspProtocol = { ETHERNET: 1, WIFI: 18 } as const;

/** Bytes before the frame, or 0 where this is no TZSP header, captured whole, of a packet with a frame. */
export function tzspLength(data: DataView, at: number, end: number): number {
  if (at + FIXED_LENGTH > end || data.getUint8(at) !== VERSION) return 0;
  if (data.getUint8(at + 1) > LAST_TYPE_WITH_FRAME) return 0;
  let tagAt = at + FIXED_LENGTH;
  for (let count = 0; count < TAG_LIMIT && tagAt < end; count++) {
    const tag = data.getUint8(tagAt++);
    if (tag === Tag.END) return tagAt - at;
    if (tag === Tag.PADDING) continue;
    if (tagAt >= end) return 0;
    tagAt += 1 + data.getUint8(tagAt);
  }
  return 0;
}

/** A TzspProtocol, or another number. */
export function tzspProtocol(data: DataView, at: number): number {
  return data.getUint16(at + PROTOCOL);
}
