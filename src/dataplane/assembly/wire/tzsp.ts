/**
 * TZSP, the TaZmen Sniffer Protocol, which MikroTik routers mirror with: version 1 (1), 1 (0 and 1 carry a frame; the
 * others configure), encapsulated protocol 2, tagged fields up to the tag 1 (tag 1, length 1, value; the tags 0,
 * padding, and 1, end, have neither length nor value), then the frame. As Wireshark's packet-tzsp.c reads it; there is
 * no standard.
 *
 * The port only says where to look; see vxlan.ts. The accessor may be called after `tzspLength` was not 0.
 */
import { byteAt, u16be } from '../memory';

const PROTOCOL: i32 = 2;
const FIXED_LENGTH: i32 = 4;
const VERSION: u32 = 1;
const LAST_TYPE_WITH_FRAME: u32 = 1;
enum Tag {
  PADDING = 0,
  END = 1,
}
const TAG_LIMIT: i32 = 64;
export const TZSP_PORT: u16 = 37008;

/** Those of Wireshark's list that are read; Prism (119) and AVS (127) headers are not read. */
export enum TzspProtocol {
  ETHERNET = 1,
  WIFI = 18,
}

/** Bytes before the frame, or 0 where this is no TZSP header, captured whole, of a packet with a frame. */
export function tzspLength(at: usize, end: usize): i32 {
  if (<i32>(end - at) < FIXED_LENGTH || byteAt(at) != VERSION) return 0;
  if (byteAt(at + 1) > LAST_TYPE_WITH_FRAME) return 0;
  let tagAt = at + FIXED_LENGTH;
  for (let count = 0; count < TAG_LIMIT && tagAt < end; count++) {
    const tag = byteAt(tagAt++);
    if (tag == Tag.END) return <i32>(tagAt - at);
    if (tag == Tag.PADDING) continue;
    if (tagAt >= end) return 0;
    tagAt += 1 + byteAt(tagAt);
  }
  return 0;
}

/** A TzspProtocol, or another number. */
export function tzspProtocol(at: usize): i32 {
  return u16be(at + PROTOCOL);
}
