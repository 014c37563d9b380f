/**
 * Per-Packet Information (LINKTYPE_PPI): version 1 (0), flags 1, length 2 with this header, link type 4, then fields, all
 * little-endian; PPI Packet Header format 1.0.10. What follows is a frame of that link type. The fields are passed over.
 *
 * After check says OK no accessor reads outside the header.
 */
import { DecodeStatus } from '../host/decode-status.ts';

const LENGTH = 2;
const LINK_TYPE = 4;
const SMALLEST_LENGTH = 8;

export function checkPpi(data: DataView, at: number, end: number): DecodeStatus {
  if (at + SMALLEST_LENGTH > end) return DecodeStatus.TRUNCATED_LINK;
  if (data.getUint8(at) !== 0 || ppiLength(data, at) < SMALLEST_LENGTH) return DecodeStatus.MALFORMED_LINK;
  return at + ppiLength(data, at) <= end ? DecodeStatus.OK : DecodeStatus.TRUNCATED_LINK;
}

/** Bytes of the header with its fields. */
export function ppiLength(data: DataView, at: number): number {
  return data.getUint16(at + LENGTH, true);
}

export function ppiLinkType(data: DataView, at: number): number {
  return data.getUint32(at + LINK_TYPE, true);
}
