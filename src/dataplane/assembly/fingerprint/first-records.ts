/**
 * How VPNs over TCP frame their packets, seen from the first bytes of a direction: OpenVPN puts a 16-bit length before
 * each packet; IKE over TCP (RFC 9329) opens with "IKETCP" and puts a 16-bit length, which counts itself, before each
 * message. A proxy's preface (wire/proxy-preface) may come before either.
 */
import { byteAt, u16be, u32be } from '../memory';
import { isTcpPrefix, TCP_PREFIX_LENGTH } from '../wire/ike';
import { isControl, isHardReset, keyId, Opcode, opcode } from '../wire/openvpn';
import { PREFACE_CUT, prefaceStep } from '../wire/proxy-preface';

/** What the bytes of a direction are, from a cursor on. Phases below OPENVPN_RECORDS are the preface's. */
export enum StreamPhase {
  START = 0,
  OPENVPN_RECORDS = 10,
  IKE_RECORDS = 11,
}

/** What begins at the cursor. */
export enum Opening {
  NOTHING = 0,
  MORE_NEEDED = 1,
  PREFACE = 2,
  OPENVPN = 3,
  IKE_PREFIX = 4,
  IKE = 5,
}

export const RECORD_HEADER_LENGTH: i32 = 2;
const SHORTEST_OPENVPN: i32 = 14;
/** Control packets fit a link; with a wrapped key a reset may be a little longer. */
const LONGEST_OPENING: i32 = 2048;
/** Data packets fit a link with jumbo frames; text reads as a longer record. */
const LONGEST_RECORD: i32 = 0x2400;
const SHORTEST_IKE: i32 = RECORD_HEADER_LENGTH + 4 + 28;
const IKE_LETTER: u32 = 0x49;

/** Result of the last `opening` that was PREFACE. */
@final
export class FoundPreface {
  /** Bytes of the preface message. */
  length: i32 = 0;
}

export const foundPreface = new FoundPreface();

/** What the `length` bytes at `at`, the first of a direction or after a preface, are the opening of. */
export function opening(at: usize, length: i32, phase: i32, isClient: bool): Opening {
  const preface = prefaceStep(at, length, phase, isClient);
  if (preface > 0) {
    foundPreface.length = preface;
    return Opening.PREFACE;
  }
  const records = openingRecord(at, length);
  return records == Opening.NOTHING && preface == PREFACE_CUT ? Opening.MORE_NEEDED : records;
}

/** The same without a preface. */
export function openingRecord(at: usize, length: i32): Opening {
  if (length == 0) return Opening.MORE_NEEDED;
  if (byteAt(at) == IKE_LETTER) {
    if (length < TCP_PREFIX_LENGTH) return Opening.MORE_NEEDED;
    if (isTcpPrefix(at)) return Opening.IKE_PREFIX;
  }
  if (length < 3) return byteAt(at) < <u32>(LONGEST_OPENING >> 8) ? Opening.MORE_NEEDED : Opening.NOTHING;
  const record = <i32>u16be(at);
  if (record < SHORTEST_OPENVPN || record > LONGEST_OPENING) return Opening.NOTHING;
  const first = <i32>byteAt(at + RECORD_HEADER_LENGTH);
  if (isOpeningOpcode(first)) return Opening.OPENVPN;
  if (first != 0 || record < SHORTEST_IKE) return Opening.NOTHING;
  // A responder's IKE message: the non-ESP marker, at once.
  if (length < 6) return Opening.MORE_NEEDED;
  return u32be(at + RECORD_HEADER_LENGTH) == 0 ? Opening.IKE : Opening.NOTHING;
}

/** Resets come first, with key id 0. */
function isOpeningOpcode(byte: i32): bool {
  return (
    byte == Opcode.HARD_RESET_CLIENT_V2 << 3 ||
    byte == Opcode.HARD_RESET_SERVER_V2 << 3 ||
    byte == Opcode.HARD_RESET_CLIENT_V3 << 3
  );
}

/** Bytes of the packet in the record at `at`; -1 where fewer than two bytes are there. */
export function recordLength(at: usize, length: i32, phase: i32): i32 {
  if (length < RECORD_HEADER_LENGTH) return -1;
  const value = <i32>u16be(at);
  return phase == StreamPhase.IKE_RECORDS ? max(0, value - RECORD_HEADER_LENGTH) : value;
}

/**
 * Whether a record of OpenVPN, of data or of the control channel, may begin at `at`: at a glance, from three bytes at
 * least.
 */
export function isRecordStart(at: usize, length: i32): bool {
  if (length < RECORD_HEADER_LENGTH + 1) return false;
  const record = <i32>u16be(at);
  if (record < SHORTEST_OPENVPN || record > LONGEST_RECORD) return false;
  const code = opcode(at + RECORD_HEADER_LENGTH);
  return code == Opcode.DATA_V1 || code == Opcode.DATA_V2 || (isControl(code) && record <= LONGEST_OPENING);
}

/** Captured bytes of a segment that the standing check needs: a record's length, opcode and session id. */
const SHORTEST_CHECKED: i32 = RECORD_HEADER_LENGTH + 9;

/**
 * The standing check for TCP, as session-opening is for UDP: whether a segment of `length` bytes begins with a whole
 * control packet of OpenVPN after its length, and after that nothing or another record. A hard reset has key id 0, a
 * soft reset has another. The first comparison fails for nearly all other segments: a record of TLS and a line of text
 * are longer than their segment, read as this length.
 */
export function beginsWithControl(at: usize, captured: i32, length: i32): bool {
  if (captured < SHORTEST_CHECKED) return false;
  const next = RECORD_HEADER_LENGTH + <i32>u16be(at);
  if (next > length || !isRecordStart(at, captured)) return false;
  const code = opcode(at + RECORD_HEADER_LENGTH);
  if (!isControl(code)) return false;
  const isFirstKey = keyId(at + RECORD_HEADER_LENGTH) == 0;
  if (isHardReset(code) ? !isFirstKey : code == Opcode.SOFT_RESET_V1 && isFirstKey) return false;
  // What is too short for an opcode, or not captured, speaks neither way.
  return captured - next <= RECORD_HEADER_LENGTH || isRecordStart(at + next, captured - next);
}

/** Whether a segment is made of whole records of OpenVPN. */
export function isMadeOfRecords(at: usize, captured: i32, length: i32): bool {
  let position = 0;
  while (position < length && isRecordStart(at + position, captured - position)) {
    position += RECORD_HEADER_LENGTH + <i32>u16be(at + position);
  }
  return position == length;
}
