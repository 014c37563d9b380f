/**
 * Network service header: RFC 8300 section 2.2: version 2 bits (0), O, U, TTL 6, length 6 (words of 4 bytes), reserved
 * 4, metadata type 4 (1: 16 bytes, 2: any length), next protocol 8; service path 4; metadata. Its inside is not read.
 *
 * The accessor may be called after `nshLength` was not 0.
 */
import { byteAt, u16be } from '../memory';

const FIXED_LENGTH: i32 = 8;
const VERSION: u32 = 0xc000;
const METADATA_TYPE: i32 = 2;
const NEXT_PROTOCOL: i32 = 3;

export enum NshProtocol {
  IPV4 = 1,
  IPV6 = 2,
  ETHERNET = 3,
}

/** Bytes of a header that contradicts nothing and is captured whole, else 0. */
export function nshLength(at: usize, end: usize): i32 {
  if (<i32>(end - at) < FIXED_LENGTH) return 0;
  const base = u16be(at);
  const length = <i32>(base & 0x3f) * 4;
  const metadata = byteAt(at + METADATA_TYPE) & 0x0f;
  const fits = metadata == 1 ? length == FIXED_LENGTH + 16 : metadata == 2 && length >= FIXED_LENGTH;
  return fits && (base & VERSION) == 0 && <i32>(end - at) >= length ? length : 0;
}

/** An NshProtocol, or another number. */
export function nshProtocol(at: usize): i32 {
  return byteAt(at + NEXT_PROTOCOL);
}
