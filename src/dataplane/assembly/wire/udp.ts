/**
 * UDP: RFC 768. Checksums are not verified.
 *
 * After check says OK the header lies inside the captured bytes.
 */
import { u16be } from '../memory';
import { DecodeStatus } from './decode-status';

const SOURCE_PORT: i32 = 0;
const DESTINATION_PORT: i32 = 2;
const LENGTH: i32 = 4;
export const UDP_LENGTH: i32 = 8;

export function checkUdp(at: usize, end: usize): DecodeStatus {
  if (<i32>(end - at) < UDP_LENGTH) return DecodeStatus.TRUNCATED_UDP;
  return udpLength(at) < UDP_LENGTH ? DecodeStatus.MALFORMED_UDP : DecodeStatus.OK;
}

export function udpSourcePort(at: usize): i32 {
  return u16be(at + SOURCE_PORT);
}

export function udpDestinationPort(at: usize): i32 {
  return u16be(at + DESTINATION_PORT);
}

/** Bytes of header and payload. */
export function udpLength(at: usize): i32 {
  return u16be(at + LENGTH);
}
