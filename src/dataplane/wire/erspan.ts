/**
 * ERSPAN behind GRE: draft-foschiano-erspan-03. Type I: the mirrored Ethernet frame at once. Type II: 8 bytes, version 1.
 * Type III: 12 bytes, version 2, and a platform subheader of 8 where the last bit (O) says so; frame type 0 is Ethernet.
 *
 * After check says OK the header lies inside the captured bytes.
 */
import { DecodeStatus } from '../host/decode-status.ts';

const TYPE_II_LENGTH = 8;
const TYPE_II_VERSION = 1;
const TYPE_III_LENGTH = 12;
const TYPE_III_VERSION = 2;
const TYPE_III_FLAGS = 10;
const PLATFORM_SUBHEADER_LENGTH = 8;
/** Frame type, five bits, of which 0 is Ethernet and 2 is IP. */
const FRAME_TYPE = 0x7c00;

export function checkErspanII(data: DataView, at: number, end: number): DecodeStatus {
  if (at + TYPE_II_LENGTH > end) return DecodeStatus.TRUNCATED_ERSPAN;
  return data.getUint8(at) >> 4 === TYPE_II_VERSION ? DecodeStatus.OK : DecodeStatus.UNSUPPORTED_GRE;
}

export function erspanIILength(): number {
  return TYPE_II_LENGTH;
}

export function checkErspanIII(data: DataView, at: number, end: number): DecodeStatus {
  if (at + TYPE_III_LENGTH > end) return DecodeStatus.TRUNCATED_ERSPAN;
  if (data.getUint8(at) >> 4 !== TYPE_III_VERSION) return DecodeStatus.UNSUPPORTED_GRE;
  if ((data.getUint16(at + TYPE_III_FLAGS) & FRAME_TYPE) !== 0) return DecodeStatus.UNSUPPORTED_FRAME;
  return at + erspanIIILength(data, at) <= end ? DecodeStatus.OK : DecodeStatus.TRUNCATED_ERSPAN;
}

export function erspanIIILength(data: DataView, at: number): number {
  const platform = (data.getUint16(at + TYPE_III_FLAGS) & 1) !== 0;
  return TYPE_III_LENGTH + (platform ? PLATFORM_SUBHEADER_LENGTH : 0);
}
