/**
 * Network service header: RFC 8300 section 2.2: version 2 bits (0), O, U, TTL 6, length 6 (words of 4 bytes), reserved 4,
 * metadata type 4 (1: 16 bytes, 2: any length), next protocol 8; service path 4; metadata. Its inside is not read.
 *
 * The accessor may be called after `nshLength` was not 0.
 */

const FIXED_LENGTH = 8;
const VERSION = 0xc000;
const METADATA_TYPE = 2;
const NEXT_PROTOCOL = 3;

export const NshProtocol = { IPV4: 1, IPV6: 2, ETHERNET: 3 } as const;

/** Bytes of a header that contradicts nothing and is captured whole, else 0. */
export function nshLength(data: DataView, at: number, end: number): number {
  if (at + FIXED_LENGTH > end) return 0;
  const base = data.getUint16(at);
  const length = (base & 0x3f) * 4;
  const metadata = data.getUint8(at + METADATA_TYPE) & 0x0f;
  const fits = metadata === 1 ? length === FIXED_LENGTH + 16 : metadata === 2 && length >= FIXED_LENGTH;
  return fits && (base & VERSION) === 0 && at + length <= end ? length : 0;
}

/** An NshProtocol, or another number. */
export function nshProtocol(data: DataView, at: number): number {
  return data.getUint8(at + NEXT_PROTOCOL);
}
