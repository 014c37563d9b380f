/**
 * Per-Packet Information (LINKTYPE_PPI): version 1 (0), flags 1, length 2 with this header, link type 4, then fields,
 * all little-endian; PPI Packet Header format 1.0.10. What follows is a frame of that link type. The fields are passed
 * over.
 *
 * After check says OK no accessor reads outside the header.
 */
import { byteAt, u16le, u32le } from '../memory';
import { DecodeStatus } from './decode-status';

const LENGTH: i32 = 2;
const LINK_TYPE: i32 = 4;
const SMALLEST_LENGTH: i32 = 8;

export function checkPpi(at: usize, end: usize): DecodeStatus {
  if (<i32>(end - at) < SMALLEST_LENGTH) return DecodeStatus.TRUNCATED_LINK;
  if (byteAt(at) != 0 || ppiLength(at) < SMALLEST_LENGTH) return DecodeStatus.MALFORMED_LINK;
  return <i32>(end - at) >= ppiLength(at) ? DecodeStatus.OK : DecodeStatus.TRUNCATED_LINK;
}

/** Bytes of the header with its fields. */
export function ppiLength(at: usize): i32 {
  return u16le(at + LENGTH);
}

export function ppiLinkType(at: usize): u32 {
  return u32le(at + LINK_TYPE);
}
