/**
 * How VPNs over TCP frame their packets, seen from the first bytes of a direction: OpenVPN puts a 16-bit length before each
 * packet; IKE over TCP (RFC 9329) opens with "IKETCP" and puts a 16-bit length, which counts itself, before each message. A
 * proxy's preface (dataplane/wire/proxy-preface.ts) may stand before either.
 */
import { isTcpPrefix, TCP_PREFIX_LENGTH } from '../wire/ike.ts';
import { isControl, isHardReset, keyId, Opcode, opcode } from '../wire/openvpn.ts';
import { PREFACE_CUT, prefaceStep } from '../wire/proxy-preface.ts';

/** What the bytes of a direction are, from a cursor on. Phases below RECORDS are the preface's. */
export const StreamPhase = { START: 0, OPENVPN_RECORDS: 10, IKE_RECORDS: 11 } as const;

/** What begins at the cursor. */
export const Opening = { NOTHING: 0, MORE_NEEDED: 1, PREFACE: 2, OPENVPN: 3, IKE_PREFIX: 4, IKE: 5 } as const;
export type Opening = (typeof Opening)[keyof typeof Opening];

const SHORTEST_OPENVPN = 14;
/** Control packets fit a link; with a wrapped key a reset may be a little longer. */
const LONGEST_OPENING = 2048;
/** Data packets fit a link with jumbo frames; text reads as a longer record. */
const LONGEST_RECORD = 0x2400;
const LENGTH_OCTETS = 2;
const SHORTEST_IKE = LENGTH_OCTETS + 4 + 28;
const IKE_LETTER = 0x49;

/** Bytes of the preface message that `opening` has just found. */
export let prefaceLength = 0;

/** What the `length` bytes at `at`, the first of a direction or behind a preface, are the opening of. */
export function opening(data: DataView, at: number, length: number, standing: number, isClient: boolean): Opening {
  const preface = prefaceStep(data, at, length, standing, isClient);
  if (preface > 0) {
    prefaceLength = preface;
    return Opening.PREFACE;
  }
  const records = openingRecord(data, at, length);
  return records === Opening.NOTHING && preface === PREFACE_CUT ? Opening.MORE_NEEDED : records;
}

/** The same without a preface. */
export function openingRecord(data: DataView, at: number, length: number): Opening {
  if (length === 0) return Opening.MORE_NEEDED;
  if (data.getUint8(at) === IKE_LETTER) {
    if (length < TCP_PREFIX_LENGTH) return Opening.MORE_NEEDED;
    if (isTcpPrefix(data, at)) return Opening.IKE_PREFIX;
  }
  if (length < 3) return data.getUint8(at) < LONGEST_OPENING >> 8 ? Opening.MORE_NEEDED : Opening.NOTHING;
  const record = data.getUint16(at);
  if (record < SHORTEST_OPENVPN || record > LONGEST_OPENING) return Opening.NOTHING;
  if (isOpeningOpcode(data.getUint8(at + 2))) return Opening.OPENVPN;
  if (data.getUint8(at + 2) !== 0 || record < SHORTEST_IKE) return Opening.NOTHING;
  // A responder's IKE message: the non-ESP marker, at once.
  if (length < 6) return Opening.MORE_NEEDED;
  return data.getUint32(at + 2) === 0 ? Opening.IKE : Opening.NOTHING;
}

/** Resets come first, with key id 0. */
function isOpeningOpcode(octet: number): boolean {
  return (
    octet === Opcode.HARD_RESET_CLIENT_V2 << 3 ||
    octet === Opcode.HARD_RESET_SERVER_V2 << 3 ||
    octet === Opcode.HARD_RESET_CLIENT_V3 << 3
  );
}

/** Bytes of the packet in the record at `at`; -1 where fewer than two bytes are there. */
export function recordLength(data: DataView, at: number, length: number, phase: number): number {
  if (length < LENGTH_OCTETS) return -1;
  const value = data.getUint16(at);
  return phase === StreamPhase.IKE_RECORDS ? Math.max(0, value - LENGTH_OCTETS) : value;
}

export const RECORD_HEADER_LENGTH = LENGTH_OCTETS;

/** Whether a record of OpenVPN, of data or of the control channel, may begin at `at`: at a glance, from three bytes at least. */
export function isRecordStart(data: DataView, at: number, length: number): boolean {
  if (length < LENGTH_OCTETS + 1) return false;
  const record = data.getUint16(at);
  if (record < SHORTEST_OPENVPN || record > LONGEST_RECORD) return false;
  const code = opcode(data, at + LENGTH_OCTETS);
  return code === Opcode.DATA_V1 || code === Opcode.DATA_V2 || (isControl(code) && record <= LONGEST_OPENING);
}

/** Captured bytes of a segment that the standing check needs: a record's length, opcode and session id. */
const SHORTEST_CHECKED = LENGTH_OCTETS + 9;

/**
 * The standing check for TCP, as session-opening.ts is for UDP: whether a segment of `length` bytes begins with a whole control packet
 * of OpenVPN after its length, and after that nothing or another record. A hard reset has key id 0, a soft reset has another. The first
 * comparison fails for nearly all other segments: a record of TLS and a line of text are longer than their segment, read as this length.
 */
export function beginsWithControl(data: DataView, at: number, captured: number, length: number): boolean {
  if (captured < SHORTEST_CHECKED) return false;
  const next = LENGTH_OCTETS + data.getUint16(at);
  if (next > length || !isRecordStart(data, at, captured)) return false;
  const code = opcode(data, at + LENGTH_OCTETS);
  if (!isControl(code)) return false;
  const isFirstKey = keyId(data, at + LENGTH_OCTETS) === 0;
  if (isHardReset(code) ? !isFirstKey : code === Opcode.SOFT_RESET_V1 && isFirstKey) return false;
  // What is too short for an opcode, or not captured, speaks neither way.
  return captured - next <= LENGTH_OCTETS || isRecordStart(data, at + next, captured - next);
}

/** Whether a segment is made of whole records of OpenVPN. */
export function isMadeOfRecords(data: DataView, at: number, captured: number, length: number): boolean {
  let position = 0;
  while (position < length && isRecordStart(data, at + position, captured - position)) {
    position += LENGTH_OCTETS + data.getUint16(at + position);
  }
  return position === length;
}
