/**
 * PPPoE session: RFC 2516 section 4: version and type 0x11, code 0, session id 2, length 2, then PPP. And the protocol
 * field of PPP (RFC 1661 section 2), one byte where its low bit is set, else two, after the optional address and
 * control bytes ff 03 of HDLC-like framing (RFC 1662 section 3.1).
 *
 * After check says OK no accessor reads outside the header.
 */
import { byteAt, u16be } from '../memory';
import { DecodeStatus } from './decode-status';

const VERSION_TYPE: i32 = 0;
const CODE: i32 = 1;
const LENGTH: i32 = 4;
export const PPPOE_LENGTH: i32 = 6;

export enum PppProtocol {
  IPV4 = 0x0021,
  IPV6 = 0x0057,
  MPLS = 0x0281,
  MPLS_MULTICAST = 0x0283,
}

export function checkPppoe(at: usize, end: usize): DecodeStatus {
  if (<i32>(end - at) < PPPOE_LENGTH) return DecodeStatus.TRUNCATED_PPPOE;
  if (byteAt(at + VERSION_TYPE) != 0x11 || byteAt(at + CODE) != 0) return DecodeStatus.MALFORMED_PPPOE;
  return DecodeStatus.OK;
}

/** Bytes after the header: PPP protocol and its load. */
export function pppoePayloadLength(at: usize): i32 {
  return u16be(at + LENGTH);
}

/** Bytes of the address and control fields of HDLC-like framing at `at`: 2 where present, else 0. */
export function pppFramingLength(at: usize, end: usize): i32 {
  return <i32>(end - at) >= 2 && u16be(at) == 0xff03 ? 2 : 0;
}

/** Bytes of the protocol field at `at`: 1 or 2, or 0 where it is cut. */
export function pppProtocolLength(at: usize, end: usize): i32 {
  if (at >= end) return 0;
  if ((byteAt(at) & 1) == 1) return 1;
  return <i32>(end - at) >= 2 ? 2 : 0;
}

/** Protocol number of a field of `length` bytes. */
export function pppProtocol(at: usize, length: i32): i32 {
  return length == 1 ? byteAt(at) : u16be(at);
}
