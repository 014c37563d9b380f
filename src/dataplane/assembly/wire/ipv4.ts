/**
 * IPv4: RFC 791 section 3.1. Options are stepped over by the header length. No check depends on the header checksum:
 * captures at the sending host hold packets whose checksum the card has yet to write. It is evidence where it is right.
 *
 * After check says OK the header with its options lies inside the captured bytes.
 */
import { byteAt, u16be, u32be } from '../memory';
import { DecodeStatus } from './decode-status';

const VERSION_AND_LENGTH: i32 = 0;
const TOTAL_LENGTH: i32 = 2;
const IDENTIFICATION: i32 = 4;
const FLAGS_AND_OFFSET: i32 = 6;
const PROTOCOL: i32 = 9;
const SOURCE: i32 = 12;
const DESTINATION: i32 = 16;
const SHORTEST_HEADER: i32 = 20;

export function checkIpv4(at: usize, end: usize): DecodeStatus {
  if (<i32>(end - at) < SHORTEST_HEADER) return DecodeStatus.TRUNCATED_IPV4;
  const headerLength = ipv4HeaderLength(at);
  if (byteAt(at + VERSION_AND_LENGTH) >> 4 != 4 || headerLength < SHORTEST_HEADER) return DecodeStatus.MALFORMED_IPV4;
  if (<i32>(end - at) < headerLength) return DecodeStatus.TRUNCATED_IPV4;
  const total = ipv4TotalLength(at);
  return total != 0 && total < headerLength ? DecodeStatus.MALFORMED_IPV4 : DecodeStatus.OK;
}

export function ipv4HeaderLength(at: usize): i32 {
  return <i32>(byteAt(at + VERSION_AND_LENGTH) & 15) * 4;
}

/** Bytes of header and load; 0 where the sending card had yet to cut a large segment, and the frame's end counts. */
export function ipv4TotalLength(at: usize): i32 {
  return u16be(at + TOTAL_LENGTH);
}

export function ipv4Identification(at: usize): u32 {
  return u16be(at + IDENTIFICATION);
}

/** Offset of this fragment in its datagram, bytes. */
export function ipv4FragmentOffset(at: usize): i32 {
  return <i32>(u16be(at + FLAGS_AND_OFFSET) & 0x1fff) * 8;
}

export function ipv4MoreFragments(at: usize): bool {
  return (u16be(at + FLAGS_AND_OFFSET) & 0x2000) != 0;
}

/** The flag that RFC 791 reserves; no sender sets it. */
export function ipv4ReservedFlag(at: usize): bool {
  return (u16be(at + FLAGS_AND_OFFSET) & 0x8000) != 0;
}

/** True where the header checksum (RFC 1071) is right. */
export function isIpv4ChecksumRight(at: usize): bool {
  const stop = at + ipv4HeaderLength(at);
  let sum: u32 = 0;
  for (let word = at; word < stop; word += 2) sum += u16be(word);
  return ((sum & 0xffff) + (sum >> 16)) % 0xffff == 0;
}

export function ipv4Protocol(at: usize): i32 {
  return byteAt(at + PROTOCOL);
}

export function ipv4Source(at: usize): u32 {
  return u32be(at + SOURCE);
}

export function ipv4Destination(at: usize): u32 {
  return u32be(at + DESTINATION);
}
