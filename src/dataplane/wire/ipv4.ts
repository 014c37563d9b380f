/**
 * IPv4: RFC 791 section 3.1. Options are stepped over by the header length. No check depends on the header checksum:
 * captures at the sending host hold packets whose checksum the card has yet to write. It is evidence where it is right.
 *
 * After check says OK the header with its options lies inside the captured bytes.
 */
import { DecodeStatus } from '../host/decode-status.ts';

const VERSION_AND_LENGTH = 0;
const TOTAL_LENGTH = 2;
const IDENTIFICATION = 4;
const FLAGS_AND_OFFSET = 6;
const PROTOCOL = 9;
const SOURCE = 12;
const DESTINATION = 16;
const SHORTEST_HEADER = 20;

export function checkIpv4(data: DataView, at: number, end: number): DecodeStatus {
  if (at + SHORTEST_HEADER > end) return DecodeStatus.TRUNCATED_IPV4;
  const first = data.getUint8(at + VERSION_AND_LENGTH);
  const headerLength = (first & 15) * 4;
  if (first >> 4 !== 4 || headerLength < SHORTEST_HEADER) return DecodeStatus.MALFORMED_IPV4;
  if (at + headerLength > end) return DecodeStatus.TRUNCATED_IPV4;
  const total = data.getUint16(at + TOTAL_LENGTH);
  return total !== 0 && total < headerLength ? DecodeStatus.MALFORMED_IPV4 : DecodeStatus.OK;
}

export function ipv4HeaderLength(data: DataView, at: number): number {
  return (data.getUint8(at + VERSION_AND_LENGTH) & 15) * 4;
}

/** Bytes of header and load; 0 where the sending card had yet to cut a large segment, and the frame's end counts. */
export function ipv4TotalLength(data: DataView, at: number): number {
  return data.getUint16(at + TOTAL_LENGTH);
}

export function ipv4Identification(data: DataView, at: number): number {
  return data.getUint16(at + IDENTIFICATION);
}

/** Offset of this fragment in its datagram, bytes. */
export function ipv4FragmentOffset(data: DataView, at: number): number {
  return (data.getUint16(at + FLAGS_AND_OFFSET) & 0x1fff) * 8;
}

export function ipv4MoreFragments(data: DataView, at: number): boolean {
  return (data.getUint16(at + FLAGS_AND_OFFSET) & 0x2000) !== 0;
}

/** The flag that RFC 791 reserves; no sender sets it. */
export function ipv4ReservedFlag(data: DataView, at: number): boolean {
  return (data.getUint16(at + FLAGS_AND_OFFSET) & 0x8000) !== 0;
}

/** True where the header checksum (RFC 1071) is right. */
export function isIpv4ChecksumRight(data: DataView, at: number): boolean {
  const stop = at + ipv4HeaderLength(data, at);
  let sum = 0;
  for (let word = at; word < stop; word += 2) sum += data.getUint16(word);
  return ((sum & 0xffff) + (sum >>> 16)) % 0xffff === 0;
}

export function ipv4Protocol(data: DataView, at: number): number {
  return data.getUint8(at + PROTOCOL);
}

export function ipv4Source(data: DataView, at: number): number {
  return data.getInt32(at + SOURCE);
}

export function ipv4Destination(data: DataView, at: number): number {
  return data.getInt32(at + DESTINATION);
}
