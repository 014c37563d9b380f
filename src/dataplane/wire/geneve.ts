/**
 * Geneve: RFC 8926 section 3.4: version 2 bits (0), option length 6 bits (words), O, C, reserved 6 (zero), protocol 2,
 * network identifier 3, reserved 1 (zero), options. The port only says where to look; see vxlan.ts.
 *
 * The accessors may be called after `isGeneve` said yes.
 */
import { uint24 } from '../../core/bytes.ts';

const PROTOCOL = 2;
const NETWORK = 4;
const FIXED_LENGTH = 8;
export const GENEVE_PORT = 6081;

export function isGeneve(data: DataView, at: number, end: number): boolean {
  if (at + FIXED_LENGTH > end || data.getUint8(at) >> 6 !== 0) return false;
  if ((data.getUint8(at + 1) & 0x3f) !== 0 || data.getUint8(at + 7) !== 0) return false;
  return at + geneveLength(data, at) <= end;
}

/** Bytes of the header with its options. */
export function geneveLength(data: DataView, at: number): number {
  return FIXED_LENGTH + (data.getUint8(at) & 0x3f) * 4;
}

export function geneveProtocol(data: DataView, at: number): number {
  return data.getUint16(at + PROTOCOL);
}

export function geneveNetwork(data: DataView, at: number): number {
  return uint24(data, at + NETWORK);
}
