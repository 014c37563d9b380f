/**
 * MPLS label stack: RFC 3032 section 2.1. Entries of 4 bytes: label 20, class 3, bottom of stack 1, TTL 8. What follows
 * the bottom has no type field: the first nibble tells IPv4 and IPv6 apart (RFC 4928 section 3); a zero nibble is the
 * control word of a pseudowire (RFC 4385), behind which an Ethernet frame is the usual load. An Ethernet pseudowire may do
 * without the control word (RFC 4448 section 4.6), and its MAC addresses begin with any nibble.
 *
 * After check says OK no accessor reads outside the entry.
 */
import { DecodeStatus } from '../host/decode-status.ts';

export const MPLS_ENTRY_LENGTH = 4;
export const CONTROL_WORD_LENGTH = 4;

/** Deeper label stacks than this are taken for garbage. */
export const MPLS_STACK_LIMIT = 16;

export function checkMpls(at: number, end: number): DecodeStatus {
  return at + MPLS_ENTRY_LENGTH <= end ? DecodeStatus.OK : DecodeStatus.TRUNCATED_MPLS;
}

export function isBottomOfStack(data: DataView, at: number): boolean {
  return (data.getUint8(at + 2) & 1) === 1;
}
