/**
 * QUIC's long header, with which every connection begins: RFC 8999 section 5.1, RFC 9000 section 17.2, RFC 9369 section
 * 3: form and fixed bit, version 4, the destination's connection id and the source's, each after a byte of its length.
 * Not handled: short headers, which show nothing; version negotiation; versions that are not the IETF's.
 *
 * After check says true, both ids lie inside the captured bytes.
 */
import { byteAt, u32be } from '../memory';

const FIRST: usize = 0;
const VERSION: usize = 1;
const DESTINATION_LENGTH: usize = 5;
const DESTINATION_ID: usize = 6;

const FORM_AND_FIXED_BIT: u32 = 0xc0;
const LONGEST_ID: i32 = 20;

const VERSION_1: u32 = 1;
const VERSION_2: u32 = 0x6b3343cf;
/** The upper three bytes of a draft's version; the last byte is the draft's number. */
const DRAFTS: u32 = 0xff0000;

export function checkLongHeader(at: usize, end: usize): bool {
  if (at + DESTINATION_ID >= end || byteAt(at + FIRST) < FORM_AND_FIXED_BIT) return false;
  if (!isKnownVersion(quicVersion(at))) return false;
  const destination = destinationIdLength(at);
  if (destination > LONGEST_ID || at + DESTINATION_ID + destination >= end) return false;
  const source = sourceIdLength(at);
  return source <= LONGEST_ID && sourceIdAt(at) + source <= end;
}

function isKnownVersion(version: u32): bool {
  return version == VERSION_1 || version == VERSION_2 || version >> 8 == DRAFTS;
}

export function quicVersion(at: usize): u32 {
  return u32be(at + VERSION);
}

export function destinationIdLength(at: usize): i32 {
  return byteAt(at + DESTINATION_LENGTH);
}

/** Address of the destination's connection id. */
export function destinationIdAt(at: usize): usize {
  return at + DESTINATION_ID;
}

export function sourceIdLength(at: usize): i32 {
  return byteAt(at + DESTINATION_ID + destinationIdLength(at));
}

/** Address of the source's connection id. */
export function sourceIdAt(at: usize): usize {
  return at + DESTINATION_ID + destinationIdLength(at) + 1;
}
