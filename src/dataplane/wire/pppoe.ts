/**
 * PPPoE session: RFC 2516 section 4: version and type 0x11, code 0, session id 2, length 2, then PPP. And the protocol
 * field of PPP (RFC 1661 section 2), one byte where its low bit is set, else two, behind the optional address and
 * control bytes ff 03 of HDLC-like framing (RFC 1662 section 3.1).
 *
 * After check says OK no accessor reads outside the header.
 */
import { DecodeStatus } from '../host/decode-status.ts';

const VERSION_TYPE = 0;
const CODE = 1;
const LENGTH = 4;
export const PPPOE_LENGTH = 6;

export const PppProtocol = { IPV4: 0x0021, IPV6: 0x0057, MPLS: 0x0281, MPLS_MULTICAST: 0x0283 } as const;

export function checkPppoe(data: DataView, at: number, end: number): DecodeStatus {
  if (at + PPPOE_LENGTH > end) return DecodeStatus.TRUNCATED_PPPOE;
  if (data.getUint8(at + VERSION_TYPE) !== 0x11 || data.getUint8(at + CODE) !== 0) return DecodeStatus.MALFORMED_PPPOE;
  return DecodeStatus.OK;
}

/** Bytes behind the header: PPP protocol and its load. */
export function pppoePayloadLength(data: DataView, at: number): number {
  return data.getUint16(at + LENGTH);
}

/** Bytes of the address and control fields of HDLC-like framing at `at`: 2 where present, else 0. */
export function pppFramingLength(data: DataView, at: number, end: number): number {
  return at + 2 <= end && data.getUint16(at) === 0xff03 ? 2 : 0;
}

/** Bytes of the protocol field at `at`: 1 or 2, or 0 where it is cut. */
export function pppProtocolLength(data: DataView, at: number, end: number): number {
  if (at >= end) return 0;
  if ((data.getUint8(at) & 1) === 1) return 1;
  return at + 2 <= end ? 2 : 0;
}

/** Protocol number of a field of `length` bytes. */
export function pppProtocol(data: DataView, at: number, length: number): number {
  return length === 1 ? data.getUint8(at) : data.getUint16(at);
}
