/**
 * Geneve: RFC 8926 section 3.4: version 2 bits (0), option length 6 bits (words), O, C, reserved 6 (zero), protocol 2,
 * network identifier 3, reserved 1 (zero), options. The port only says where to look; see vxlan.ts.
 *
 * The accessors may be called after `isGeneve` said yes.
 */
import { byteAt, u16be, u24be } from '../memory';

const PROTOCOL: i32 = 2;
const NETWORK: i32 = 4;
const FIXED_LENGTH: i32 = 8;
export const GENEVE_PORT: u16 = 6081;

export function isGeneve(at: usize, end: usize): bool {
  if (<i32>(end - at) < FIXED_LENGTH || byteAt(at) >> 6 != 0) return false;
  if ((byteAt(at + 1) & 0x3f) != 0 || byteAt(at + 7) != 0) return false;
  return <i32>(end - at) >= geneveLength(at);
}

/** Bytes of the header with its options. */
export function geneveLength(at: usize): i32 {
  return FIXED_LENGTH + <i32>(byteAt(at) & 0x3f) * 4;
}

export function geneveProtocol(at: usize): i32 {
  return u16be(at + PROTOCOL);
}

export function geneveNetwork(at: usize): u32 {
  return u24be(at + NETWORK);
}
