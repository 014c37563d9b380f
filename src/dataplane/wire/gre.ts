/**
 * GRE: RFC 2784 and RFC 2890 (key, sequence), with the routing flag of RFC 1701 refused. Version 1 is PPTP's (RFC 2637), with
 * a PPP frame inside, and EoIP's.
 *
 * After a check says OK the header with all its optional fields lies inside the captured bytes.
 */
import { DecodeStatus } from '../host/decode-status.ts';
import { EtherType } from './ethernet.ts';

const FLAGS = 0;
const PROTOCOL = 2;
const FIXED_LENGTH = 4;
const CHECKSUM_PRESENT = 0x8000;
const ROUTING_PRESENT = 0x4000;
const KEY_PRESENT = 0x2000;
const SEQUENCE_PRESENT = 0x1000;
const ACKNOWLEDGEMENT_PRESENT = 0x0080;
const VERSION = 0x0007;

export function checkGre(data: DataView, at: number, end: number): DecodeStatus {
  if (at + FIXED_LENGTH > end) return DecodeStatus.TRUNCATED_GRE;
  const flags = data.getUint16(at + FLAGS);
  if ((flags & VERSION) !== 0 || (flags & ROUTING_PRESENT) !== 0) return DecodeStatus.UNSUPPORTED_GRE;
  return at + greLength(data, at) <= end ? DecodeStatus.OK : DecodeStatus.TRUNCATED_GRE;
}

/** Bytes of the header with its optional fields. */
export function greLength(data: DataView, at: number): number {
  const flags = data.getUint16(at + FLAGS);
  let length = FIXED_LENGTH;
  if ((flags & CHECKSUM_PRESENT) !== 0) length += 4;
  if ((flags & KEY_PRESENT) !== 0) length += 4;
  if ((flags & SEQUENCE_PRESENT) !== 0) length += 4;
  return length;
}

export function greProtocol(data: DataView, at: number): number {
  return data.getUint16(at + PROTOCOL);
}

/** ERSPAN type I has no header of its own and no GRE sequence number; type II has both. */
export function greHasSequence(data: DataView, at: number): boolean {
  return (data.getUint16(at + FLAGS) & SEQUENCE_PRESENT) !== 0;
}

/** True for version 1, of which PPTP and EoIP make use; `checkGre` refuses it. */
export function isEnhancedGre(data: DataView, at: number, end: number): boolean {
  return at + FIXED_LENGTH <= end && (data.getUint16(at + FLAGS) & VERSION) === 1;
}

/** EoIP (MikroTik): key flag and version 1, type 0x6400, then length 2 and tunnel id 2 in the host's order. Not read. */
export function isEoip(data: DataView, at: number): boolean {
  return data.getUint32(at) === 0x20016400;
}

/** PPTP: RFC 2637 section 4.1: key (payload length 2, call id 2), sequence and acknowledgement numbers of 4 where S and A say so. */
export function checkPptp(data: DataView, at: number, end: number): DecodeStatus {
  const flags = data.getUint16(at + FLAGS);
  const isPptp = (flags & ~(SEQUENCE_PRESENT | ACKNOWLEDGEMENT_PRESENT)) === (KEY_PRESENT | 1);
  if (!isPptp || greProtocol(data, at) !== EtherType.PPP) return DecodeStatus.UNSUPPORTED_GRE;
  return at + pptpLength(data, at) <= end ? DecodeStatus.OK : DecodeStatus.TRUNCATED_GRE;
}

/** Bytes before the PPP frame. */
export function pptpLength(data: DataView, at: number): number {
  const flags = data.getUint16(at + FLAGS);
  let length = FIXED_LENGTH + 4;
  if ((flags & SEQUENCE_PRESENT) !== 0) length += 4;
  if ((flags & ACKNOWLEDGEMENT_PRESENT) !== 0) length += 4;
  return length;
}

/** Bytes of the PPP frame; 0 for an acknowledgement alone. */
export function pptpPayloadLength(data: DataView, at: number): number {
  return data.getUint16(at + FIXED_LENGTH);
}
