/**
 * QUIC's long header, with which every connection begins: RFC 8999 section 5.1, RFC 9000 section 17.2, RFC 9369 section 3: form and fixed
 * bit, version 4, the destination's connection id and the source's, each behind an byte of its length. Not handled: short headers,
 * which show nothing; version negotiation; versions that are not the IETF's.
 *
 * After check says true, both ids lie inside the captured bytes.
 */

const FIRST = 0;
const VERSION = 1;
const DESTINATION_LENGTH = 5;
const DESTINATION_ID = 6;

const FORM_AND_FIXED_BIT = 0xc0;
const LONGEST_ID = 20;

const VERSION_1 = 1;
const VERSION_2 = 0x6b3343cf;
/** Of drafts the last byte is the draft's number. */
const DRAFTS = 0xff0000;

export function checkLongHeader(data: DataView, at: number, end: number): boolean {
  if (at + DESTINATION_ID >= end || data.getUint8(at + FIRST) < FORM_AND_FIXED_BIT) return false;
  if (!isKnownVersion(quicVersion(data, at))) return false;
  const destination = destinationIdLength(data, at);
  if (destination > LONGEST_ID || at + DESTINATION_ID + destination >= end) return false;
  const source = sourceIdLength(data, at);
  return source <= LONGEST_ID && sourceIdAt(data, at) + source <= end;
}

function isKnownVersion(version: number): boolean {
  return version === VERSION_1 || version === VERSION_2 || version >>> 8 === DRAFTS;
}

export function quicVersion(data: DataView, at: number): number {
  return data.getUint32(at + VERSION);
}

export function destinationIdLength(data: DataView, at: number): number {
  return data.getUint8(at + DESTINATION_LENGTH);
}

/** Absolute offset of the destination's connection id. */
export function destinationIdAt(at: number): number {
  return at + DESTINATION_ID;
}

export function sourceIdLength(data: DataView, at: number): number {
  return data.getUint8(at + DESTINATION_ID + destinationIdLength(data, at));
}

/** Absolute offset of the source's connection id. */
export function sourceIdAt(data: DataView, at: number): number {
  return at + DESTINATION_ID + destinationIdLength(data, at) + 1;
}
