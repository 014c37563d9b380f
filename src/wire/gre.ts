/**
 * GRE: RFC 2784 and RFC 2890 (key, sequence), with the routing flag of RFC 1701 refused. Version 1 (PPTP, RFC 2637)
 * carries PPP and is counted as unsupported.
 *
 * After check says OK the header with all its optional fields lies inside the captured octets.
 */
import { DecodeStatus } from './decode-status.ts';

const FLAGS = 0;
const PROTOCOL = 2;
const FIXED_LENGTH = 4;
const CHECKSUM_PRESENT = 0x8000;
const ROUTING_PRESENT = 0x4000;
const KEY_PRESENT = 0x2000;
const SEQUENCE_PRESENT = 0x1000;
const VERSION = 0x0007;

export function checkGre(data: DataView, at: number, end: number): DecodeStatus {
  if (at + FIXED_LENGTH > end) return DecodeStatus.TRUNCATED_GRE;
  const flags = data.getUint16(at + FLAGS);
  if ((flags & VERSION) !== 0 || (flags & ROUTING_PRESENT) !== 0) return DecodeStatus.UNSUPPORTED_GRE;
  return at + greLength(data, at) <= end ? DecodeStatus.OK : DecodeStatus.TRUNCATED_GRE;
}

/** Octets of the header with its optional fields. */
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
