/**
 * IPv6: RFC 8200 section 3, and its extension headers (section 4; mobility RFC 6275, HIP RFC 7401, shim6 RFC 5533). Not
 * handled: jumbograms (a payload length of zero is taken as "up to the frame's end").
 *
 * After check says OK the fixed header lies inside the captured bytes; each extension has a check of its own.
 */
import { byteAt, u16be, u32be } from '../memory';
import { DecodeStatus } from './decode-status';

const PAYLOAD_LENGTH: i32 = 4;
const NEXT_HEADER: i32 = 6;
const SOURCE: i32 = 8;
const DESTINATION: i32 = 24;
export const IPV6_LENGTH: i32 = 40;

const FRAGMENT_OFFSET: i32 = 2;
const FRAGMENT_IDENTIFICATION: i32 = 4;
export const FRAGMENT_HEADER_LENGTH: i32 = 8;

export enum NextHeader {
  HOP_BY_HOP = 0,
  ROUTING = 43,
  FRAGMENT = 44,
  NONE = 59,
  DESTINATION_OPTIONS = 60,
  MOBILITY = 135,
  HIP = 139,
  SHIM6 = 140,
}

/** More extension headers than this and the packet is malformed. */
export const EXTENSION_LIMIT: i32 = 12;

export function checkIpv6(at: usize, end: usize): DecodeStatus {
  if (<i32>(end - at) < IPV6_LENGTH) return DecodeStatus.TRUNCATED_IPV6;
  return byteAt(at) >> 4 == 6 ? DecodeStatus.OK : DecodeStatus.MALFORMED_IPV6;
}

/** Bytes after the fixed header; 0 for a jumbogram or a segment yet to be cut. */
export function ipv6PayloadLength(at: usize): i32 {
  return u16be(at + PAYLOAD_LENGTH);
}

export function ipv6NextHeader(at: usize): i32 {
  return byteAt(at + NEXT_HEADER);
}

/** Word 0 to 3 of the source address. */
export function ipv6SourceWord(at: usize, word: i32): u32 {
  return u32be(at + SOURCE + 4 * word);
}

/** Word 0 to 3 of the destination address. */
export function ipv6DestinationWord(at: usize, word: i32): u32 {
  return u32be(at + DESTINATION + 4 * word);
}

/** IP protocol numbers in use above IPv6, besides extensions (IANA protocol-numbers). */
const USUAL_PROTOCOLS: StaticArray<u8> = [
  4, 6, 17, 33, 41, 44, 47, 50, 51, 58, 59, 88, 89, 97, 103, 112, 115, 132, 136, 137,
];

/**
 * True where the next header is a protocol in use and the source can be one: no multicast address (RFC 4291 section
 * 2.7).
 */
export function isUsualIpv6(at: usize): bool {
  const next = ipv6NextHeader(at);
  return byteAt(at + SOURCE) != 0xff && (isExtension(next) || isUsualProtocol(next));
}

function isUsualProtocol(next: i32): bool {
  for (let i = 0; i < USUAL_PROTOCOLS.length; i++) {
    if (USUAL_PROTOCOLS[i] == next) return true;
  }
  return false;
}

/** True for the extension headers that hold their next header and their length in units of 8 bytes. */
export function isExtension(next: i32): bool {
  return (
    next == NextHeader.HOP_BY_HOP ||
    next == NextHeader.ROUTING ||
    next == NextHeader.DESTINATION_OPTIONS ||
    next == NextHeader.MOBILITY ||
    next == NextHeader.HIP ||
    next == NextHeader.SHIM6
  );
}

export function checkExtension(at: usize, end: usize): DecodeStatus {
  const captured = <i32>(end - at);
  return captured >= 2 && captured >= extensionLength(at) ? DecodeStatus.OK : DecodeStatus.TRUNCATED_IPV6_EXTENSION;
}

export function extensionNextHeader(at: usize): i32 {
  return byteAt(at);
}

export function extensionLength(at: usize): i32 {
  return <i32>(byteAt(at + 1) + 1) * 8;
}

export function checkFragmentHeader(at: usize, end: usize): DecodeStatus {
  return <i32>(end - at) >= FRAGMENT_HEADER_LENGTH ? DecodeStatus.OK : DecodeStatus.TRUNCATED_IPV6_EXTENSION;
}

/** Offset of this fragment in the fragmentable part, bytes. */
export function ipv6FragmentOffset(at: usize): i32 {
  return u16be(at + FRAGMENT_OFFSET) & 0xfff8;
}

export function ipv6MoreFragments(at: usize): bool {
  return (u16be(at + FRAGMENT_OFFSET) & 1) != 0;
}

export function ipv6Identification(at: usize): u32 {
  return u32be(at + FRAGMENT_IDENTIFICATION);
}
