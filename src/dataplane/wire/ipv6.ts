/**
 * IPv6: RFC 8200 section 3, and its extension headers (section 4; mobility RFC 6275, HIP RFC 7401, shim6 RFC 5533). Not
 * handled: jumbograms (a payload length of zero is taken as "up to the frame's end").
 *
 * After check says OK the fixed header lies inside the captured bytes; each extension has a check of its own.
 */
import { DecodeStatus } from '../host/decode-status.ts';

const PAYLOAD_LENGTH = 4;
const NEXT_HEADER = 6;
const SOURCE = 8;
const DESTINATION = 24;
export const IPV6_LENGTH = 40;

const FRAGMENT_OFFSET = 2;
const FRAGMENT_IDENTIFICATION = 4;
export const FRAGMENT_HEADER_LENGTH = 8;

export const NextHeader = {
  HOP_BY_HOP: 0,
  ROUTING: 43,
  FRAGMENT: 44,
  NONE: 59,
  DESTINATION_OPTIONS: 60,
  MOBILITY: 135,
  HIP: 139,
  SHIM6: 140,
} as const;

/** More extension headers than this and the packet is malformed. */
export const EXTENSION_LIMIT = 12;

export function checkIpv6(data: DataView, at: number, end: number): DecodeStatus {
  if (at + IPV6_LENGTH > end) return DecodeStatus.TRUNCATED_IPV6;
  return data.getUint8(at) >> 4 === 6 ? DecodeStatus.OK : DecodeStatus.MALFORMED_IPV6;
}

/** Bytes behind the fixed header; 0 for a jumbogram or a segment yet to be cut. */
export function ipv6PayloadLength(data: DataView, at: number): number {
  return data.getUint16(at + PAYLOAD_LENGTH);
}

export function ipv6NextHeader(data: DataView, at: number): number {
  return data.getUint8(at + NEXT_HEADER);
}

/** Word 0 to 3 of the source address. */
export function ipv6SourceWord(data: DataView, at: number, word: number): number {
  return data.getInt32(at + SOURCE + 4 * word);
}

/** Word 0 to 3 of the destination address. */
export function ipv6DestinationWord(data: DataView, at: number, word: number): number {
  return data.getInt32(at + DESTINATION + 4 * word);
}

/** IP protocol numbers in use behind IPv6, besides extensions (IANA protocol-numbers). */
const USUAL_PROTOCOLS: readonly number[] = [
  4, 6, 17, 33, 41, 44, 47, 50, 51, 58, 59, 88, 89, 97, 103, 112, 115, 132, 136, 137,
];

/** True where the next header is a protocol in use and the source can be one: no multicast address (RFC 4291 section 2.7). */
export function isUsualIpv6(data: DataView, at: number): boolean {
  const next = ipv6NextHeader(data, at);
  return data.getUint8(at + SOURCE) !== 0xff && (isExtension(next) || USUAL_PROTOCOLS.includes(next));
}

/** True for the extension headers that hold their next header and their length in units of 8 bytes. */
export function isExtension(next: number): boolean {
  return (
    next === NextHeader.HOP_BY_HOP ||
    next === NextHeader.ROUTING ||
    next === NextHeader.DESTINATION_OPTIONS ||
    next === NextHeader.MOBILITY ||
    next === NextHeader.HIP ||
    next === NextHeader.SHIM6
  );
}

export function checkExtension(data: DataView, at: number, end: number): DecodeStatus {
  const inside = at + 2 <= end && at + extensionLength(data, at) <= end;
  return inside ? DecodeStatus.OK : DecodeStatus.TRUNCATED_IPV6_EXTENSION;
}

export function extensionNextHeader(data: DataView, at: number): number {
  return data.getUint8(at);
}

export function extensionLength(data: DataView, at: number): number {
  return (data.getUint8(at + 1) + 1) * 8;
}

export function checkFragmentHeader(at: number, end: number): DecodeStatus {
  return at + FRAGMENT_HEADER_LENGTH <= end ? DecodeStatus.OK : DecodeStatus.TRUNCATED_IPV6_EXTENSION;
}

/** Offset of this fragment in the fragmentable part, bytes. */
export function ipv6FragmentOffset(data: DataView, at: number): number {
  return data.getUint16(at + FRAGMENT_OFFSET) & 0xfff8;
}

export function ipv6MoreFragments(data: DataView, at: number): boolean {
  return (data.getUint16(at + FRAGMENT_OFFSET) & 1) !== 0;
}

/** 32 bits, signed. */
export function ipv6Identification(data: DataView, at: number): number {
  return data.getInt32(at + FRAGMENT_IDENTIFICATION);
}
