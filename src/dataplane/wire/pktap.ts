/**
 * Apple's packet tap (LINKTYPE_PKTAP): length 4 with this header, record type 4 (1: a packet follows), link type 4, interface
 * name 24, flags, process and more, 108 bytes at least; little-endian, as no big-endian machine has written any. What follows
 * is a frame of that link type.
 *
 * After check says OK no accessor reads outside the header.
 */
import { DecodeStatus } from '../host/decode-status.ts';

const RECORD_TYPE = 4;
const LINK_TYPE = 8;
const SMALLEST_LENGTH = 108;
const PACKET_RECORD = 1;

export function checkPktap(data: DataView, at: number, end: number): DecodeStatus {
  if (at + SMALLEST_LENGTH > end) return DecodeStatus.TRUNCATED_LINK;
  const length = pktapLength(data, at);
  if (length < SMALLEST_LENGTH) return DecodeStatus.MALFORMED_LINK;
  if (data.getUint32(at + RECORD_TYPE, true) !== PACKET_RECORD) return DecodeStatus.UNSUPPORTED_FRAME;
  return at + length <= end ? DecodeStatus.OK : DecodeStatus.TRUNCATED_LINK;
}

export function pktapLength(data: DataView, at: number): number {
  return data.getUint32(at, true);
}

export function pktapLinkType(data: DataView, at: number): number {
  return data.getUint32(at + LINK_TYPE, true);
}
