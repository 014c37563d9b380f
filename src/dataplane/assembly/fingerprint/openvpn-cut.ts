/**
 * OpenVPN control packets of which a snap length left opcode and session id, and too little after them to show how they
 * are wrapped: 22 or 26 bytes of a datagram, 12 of a TCP record. What remains is read with the length on the wire.
 *
 * Each way to wrap control packets adds a fixed number of bytes to all of them. A reset, whose plain length is fixed,
 * gives that number away: 14 bytes and an HMAC with its replay id and time make 38, 42, 50, 54, 70 or 86; the answer is
 * 12 bytes longer, and ACKs are longer than their plain form by the same number. Never more than a suspicion, as no
 * value of one side is seen repeated by the other.
 *
 * What could be mistaken for it: a protocol of a type byte, a random session of 8 bytes and messages of a reset's
 * length. Its later messages would have to have lengths of ACKs and the session of the first one, in the same flow.
 */
import { byteAt, isZero, u16be } from '../memory';
import * as wire from '../wire/openvpn';
import { Opcode } from '../wire/openvpn';
import { EvidenceLog } from './evidence';
import { noteOtherSession, noteReset, noteSession } from './openvpn-notes';
import {
  hasFlags,
  OpenvpnFlag as Flag,
  OpenvpnWord as Word,
  STAYS_BOTH_WAYS,
  STAYS_ONE_WAY,
  suspect,
  verdictSoFar,
} from './openvpn-state';
import { Payload } from './payload';
import { fallShort, Shortfall } from './shortfall';
import { Verdict } from './verdict';
import { setBits, wordAt } from './words';

/** Layouts of packets that are cut: CLEAR plus the bytes of HMAC, replay id and time (0 is plain), or CRYPT. */
const CUT_CLEAR: i32 = 2000;
const CUT_CRYPT: i32 = 3000;

const AUTH_REPLAY_LENGTH: i32 = 8;
/** A plain packet with one acked id shows all of its ack list in this many bytes. */
const PLAIN_LIST_END: i32 = wire.PLAIN_SERVER_RESET_LENGTH - 4;
/** The upper half of a replay id below 2^16, in tls-crypt right after the session id. */
const REPLAY_ID_START: u32 = 0;
const EARLY_REPLAY_ID_START: u32 = 0x0f00;
/** An ACK's lengths in plain: 1 to 8 packet ids of 4 bytes each, after header, count and the peer's session id. */
const SHORTEST_ACK: i32 = wire.CONTROL_HEADER_LENGTH + 1 + 8 + 4;
const LONGEST_ACK: i32 = SHORTEST_ACK + 7 * 4;

export function isCutLayout(layout: i32): bool {
  return layout >= CUT_CLEAR;
}

export function isCutCrypt(layout: i32): bool {
  return layout == CUT_CRYPT;
}

export function isCutPlain(layout: i32): bool {
  return layout == CUT_CLEAR;
}

/** The cut form of tls-crypt, or of plain (HMAC of 0 bytes) or tls-auth. */
export function cutForm(isCrypt: bool, hmacLength: i32): i32 {
  if (isCrypt) return CUT_CRYPT;
  return hmacLength == 0 ? CUT_CLEAR : CUT_CLEAR + hmacLength + AUTH_REPLAY_LENGTH;
}

/** The layout that a cut reset's length tells of; 0 for other packets, and where it tells of none. */
export function findCutLayout(payload: Payload, code: i32): i32 {
  if (!wire.isHardReset(code)) return 0;
  if (fitsCut(payload, code, CUT_CRYPT)) return CUT_CRYPT;
  if (fitsCut(payload, code, CUT_CLEAR)) return CUT_CLEAR;
  for (let i = 0; i < wire.HMAC_LENGTH_COUNT; i++) {
    const layout = cutForm(false, wire.hmacLengthAt(i));
    if (fitsCut(payload, code, layout)) return layout;
  }
  return 0;
}

/** True for a packet whose length fits the layout, and whose captured bytes end before they could show more. */
export function fitsCut(payload: Payload, code: i32, layout: i32): bool {
  const isCrypt = layout == CUT_CRYPT;
  const overhead = isCrypt ? wire.CRYPT_OVERHEAD : layout - CUT_CLEAR;
  if (!isTooShort(payload, isCrypt, overhead) || !fitsLength(payload.length - overhead, code, isCrypt)) return false;
  if (layout == CUT_CLEAR) return fitsPlainStart(payload, code);
  return !isCrypt || startsReplayId(payload);
}

/** True where the replay id and time, or the ack list, are not all there. */
function isTooShort(payload: Payload, isCrypt: bool, overhead: i32): bool {
  const captured = payload.captured;
  if (captured == payload.length) return false;
  if (isCrypt) return captured < wire.CRYPT_TAG_OFFSET;
  return overhead == 0 ? captured < PLAIN_LIST_END : captured <= wire.CONTROL_HEADER_LENGTH + overhead;
}

/** Whether a packet of this kind may have this length in plain, or this length without what tls-crypt adds to it. */
function fitsLength(length: i32, code: i32, isCrypt: bool): bool {
  switch (code) {
    case Opcode.HARD_RESET_CLIENT_V2:
      return length == wire.PLAIN_RESET_LENGTH;
    case Opcode.HARD_RESET_CLIENT_V3:
      return isCrypt && length > wire.PLAIN_RESET_LENGTH + wire.WRAPPED_KEY_LOWER_LIMIT;
    case Opcode.HARD_RESET_SERVER_V2:
      return (
        length == wire.PLAIN_SERVER_RESET_LENGTH ||
        (isCrypt && length == wire.CRYPT_V2_SERVER_RESET_LENGTH - wire.CRYPT_OVERHEAD)
      );
    case Opcode.ACK_V1:
      return isAckLength(length);
    default:
      return length >= wire.PLAIN_RESET_LENGTH;
  }
}

/** Whether an ACK in plain may have this length. */
export function isAckLength(length: i32): bool {
  return length >= SHORTEST_ACK && length <= LONGEST_ACK && (length - SHORTEST_ACK) % 4 == 0;
}

/** In plain the ack list begins at once: a reset's is empty or has one id, and that is 0. */
function fitsPlainStart(payload: Payload, code: i32): bool {
  const captured = payload.captured;
  if (captured <= wire.CONTROL_HEADER_LENGTH) return true;
  const count = wire.ackCount(payload.at, wire.CONTROL_HEADER_LENGTH);
  if (!wire.isHardReset(code)) return count <= 8;
  if (count != (wire.isClientReset(code) ? 0 : 1)) return false;
  const ids = wire.CONTROL_HEADER_LENGTH + 1;
  return isZero(payload.at + ids, min(captured - ids, 4));
}

function startsReplayId(payload: Payload): bool {
  if (payload.captured < wire.CRYPT_REPLAY_OFFSET + 2) return false;
  const start = u16be(payload.at + wire.CRYPT_REPLAY_OFFSET);
  return start == REPLAY_ID_START || start == EARLY_REPLAY_ID_START;
}

/**
 * Suspected: a reset and two packets of its session after it, or a reset of each side that are wrapped alike and one
 * more packet each.
 */
export function decideCut(payload: Payload, code: i32, stays: i32, state: usize, log: EvidenceLog): Verdict {
  const direction = payload.direction;
  if (wire.isHardReset(code)) {
    setBits(state, Word.FLAGS, Flag.CUT_RESET << direction);
    noteReset(payload, code, log);
  }
  fallShort(0, Shortfall.OPENVPN_STAYS, wire.SESSION_ID_AT, STAYS_ONE_WAY, stays);
  if (hasFlags(state, Flag.SUSPECTED) || !hasFlags(state, Flag.CUT_RESET << direction))
    return verdictSoFar(state, true);
  const isAnswered = hasFlags(state, Flag.CUT_RESET << (1 - direction));
  const others = isAnswered ? wordAt(state, Word.STAYS + 1 - direction) : 0;
  if (stays < STAYS_ONE_WAY && (stays < STAYS_BOTH_WAYS || others < STAYS_BOTH_WAYS)) return verdictSoFar(state, true);
  noteSession(payload, log);
  if (others > 0) noteOtherSession(payload, state, log);
  return suspect(state);
}
