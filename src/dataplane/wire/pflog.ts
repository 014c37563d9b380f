/**
 * Log of the BSDs' packet filter (LINKTYPE_PFLOG): length 1, address family 1, action, reason, interface, rule and more; 45 to
 * 100 bytes by system and version (net/if_pflog.h). The length does not count the padding to four bytes behind it. What follows
 * is an IP packet. Not handled: OpenBSD's header before 3.4 (link type 17).
 *
 * After check says OK no accessor reads outside the header.
 */
import { DecodeStatus } from '../host/decode-status.ts';

const FAMILY = 1;
/** OpenBSD 3.4's header, without its padding. */
const SMALLEST_LENGTH = 45;

export function checkPflog(data: DataView, at: number, end: number): DecodeStatus {
  if (at >= end) return DecodeStatus.TRUNCATED_LINK;
  if (data.getUint8(at) < SMALLEST_LENGTH) return DecodeStatus.MALFORMED_LINK;
  return at + pflogLength(data, at) <= end ? DecodeStatus.OK : DecodeStatus.TRUNCATED_LINK;
}

/** Bytes of the header with its padding. */
export function pflogLength(data: DataView, at: number): number {
  return (data.getUint8(at) + 3) & ~3;
}

export function pflogFamily(data: DataView, at: number): number {
  return data.getUint8(at + FAMILY);
}
