/**
 * ERSPAN after GRE: draft-foschiano-erspan-03. Type I: the mirrored Ethernet frame at once. Type II: 8 bytes, version
 * 1. Type III: 12 bytes, version 2, and a platform subheader of 8 where the last bit (O) says so; frame type 0 is
 * Ethernet.
 *
 * After check says OK the header lies inside the captured bytes.
 */
import { byteAt, u16be } from '../memory';
import { DecodeStatus } from './decode-status';

const TYPE_II_LENGTH: i32 = 8;
const TYPE_II_VERSION: i32 = 1;
const TYPE_III_LENGTH: i32 = 12;
const TYPE_III_VERSION: i32 = 2;
const TYPE_III_FLAGS: i32 = 10;
const PLATFORM_SUBHEADER_LENGTH: i32 = 8;
/** Frame type, five bits, of which 0 is Ethernet and 2 is IP. */
const FRAME_TYPE: i32 = 0x7c00;

export function checkErspanII(at: usize, end: usize): DecodeStatus {
  if (<i32>(end - at) < TYPE_II_LENGTH) return DecodeStatus.TRUNCATED_ERSPAN;
  return byteAt(at) >> 4 == TYPE_II_VERSION ? DecodeStatus.OK : DecodeStatus.UNSUPPORTED_GRE;
}

export function erspanIILength(): i32 {
  return TYPE_II_LENGTH;
}

export function checkErspanIII(at: usize, end: usize): DecodeStatus {
  if (<i32>(end - at) < TYPE_III_LENGTH) return DecodeStatus.TRUNCATED_ERSPAN;
  if (byteAt(at) >> 4 != TYPE_III_VERSION) return DecodeStatus.UNSUPPORTED_GRE;
  if ((u16be(at + TYPE_III_FLAGS) & FRAME_TYPE) != 0) return DecodeStatus.UNSUPPORTED_FRAME;
  return <i32>(end - at) >= erspanIIILength(at) ? DecodeStatus.OK : DecodeStatus.TRUNCATED_ERSPAN;
}

export function erspanIIILength(at: usize): i32 {
  const platform = (u16be(at + TYPE_III_FLAGS) & 1) != 0;
  return TYPE_III_LENGTH + (platform ? PLATFORM_SUBHEADER_LENGTH : 0);
}
