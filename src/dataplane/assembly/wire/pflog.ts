/**
 * Log of the BSDs' packet filter (LINKTYPE_PFLOG): length 1, address family 1, action, reason, interface, rule and
 * more; 45 to 100 bytes by system and version (net/if_pflog.h). The length does not count the padding to four bytes
 * after it. What follows is an IP packet. Not handled: OpenBSD's header before 3.4 (link type 17).
 *
 * After check says OK no accessor reads outside the header.
 */
import { byteAt } from '../memory';
import { DecodeStatus } from './decode-status';

const FAMILY: i32 = 1;
/** OpenBSD 3.4's header, without its padding. */
const SMALLEST_LENGTH: i32 = 45;

export function checkPflog(at: usize, end: usize): DecodeStatus {
  if (at >= end) return DecodeStatus.TRUNCATED_LINK;
  if (<i32>byteAt(at) < SMALLEST_LENGTH) return DecodeStatus.MALFORMED_LINK;
  return <i32>(end - at) >= pflogLength(at) ? DecodeStatus.OK : DecodeStatus.TRUNCATED_LINK;
}

/** Bytes of the header with its padding. */
export function pflogLength(at: usize): i32 {
  return (<i32>(byteAt(at) + 3)) & ~3;
}

export function pflogFamily(at: usize): i32 {
  return byteAt(at + FAMILY);
}
