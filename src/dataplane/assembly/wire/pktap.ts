/**
 * Apple's packet tap (LINKTYPE_PKTAP): length 4 with this header, record type 4 (1: a packet follows), link type 4,
 * interface name 24, flags, process and more, 108 bytes at least; little-endian, as no big-endian machine has written
 * any. What follows is a frame of that link type.
 *
 * After check says OK no accessor reads outside the header.
 */
import { u32le } from '../memory';
import { DecodeStatus } from './decode-status';

const RECORD_TYPE: i32 = 4;
const LINK_TYPE: i32 = 8;
const SMALLEST_LENGTH: i32 = 108;
const PACKET_RECORD: i32 = 1;

export function checkPktap(at: usize, end: usize): DecodeStatus {
  if (<i32>(end - at) < SMALLEST_LENGTH) return DecodeStatus.TRUNCATED_LINK;
  const length = pktapLength(at);
  if (length < <u32>SMALLEST_LENGTH) return DecodeStatus.MALFORMED_LINK;
  if (u32le(at + RECORD_TYPE) != PACKET_RECORD) return DecodeStatus.UNSUPPORTED_FRAME;
  return length <= <u32>(end - at) ? DecodeStatus.OK : DecodeStatus.TRUNCATED_LINK;
}

export function pktapLength(at: usize): u32 {
  return u32le(at);
}

export function pktapLinkType(at: usize): u32 {
  return u32le(at + LINK_TYPE);
}
