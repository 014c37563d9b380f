/**
 * OpenVPN control packets of which a snap length left opcode and session id, and too little after them to show how they are wrapped:
 * 22 or 26 bytes of a datagram, 12 of a TCP record. What remains is read with the length on the wire.
 *
 * Every wrapping adds a fixed number of bytes to every control packet. A reset, whose plain length is fixed, gives that number away:
 * 14 bytes and an HMAC with its replay id and time make 38, 42, 50, 54, 70 or 86; the answer is 12 bytes longer, and ACKs are longer
 * than their plain form by the same number. Never more than a suspicion, as no value of one side is seen repeated by the other.
 *
 * What could be mistaken for it: a protocol of a type byte, a random session of 8 bytes and messages of a reset's length. Its later
 * messages would have to have lengths of ACKs and the session of the first one, in the same flow.
 */
import * as wire from '../wire/openvpn.ts';
import { Opcode } from '../wire/openvpn.ts';
import type { EvidenceLog } from '../host/evidence-log.ts';
import { noteOtherSession, noteReset, noteSession } from './openvpn-notes.ts';
import {
  OpenvpnFlag as Flag,
  OpenvpnWord as Word,
  STAYS_BOTH_WAYS,
  STAYS_ONE_WAY,
  verdictSoFar,
  suspect,
} from './openvpn-state.ts';
import type { Payload } from './payload.ts';
import { fallShort } from './shortfall.ts';
import { Shortfall } from '../host/shortfall.ts';
import type { Verdict } from '../host/verdict.ts';

/** Layouts of packets that are cut: CLEAR plus the bytes of HMAC, replay id and time (0 is plain), or CRYPT. */
const CUT_CLEAR = 2000;
const CUT_CRYPT = 3000;

const AUTH_REPLAY_LENGTH = 8;
/** A plain packet with one acked id shows all of its ack list in this many bytes. */
const PLAIN_LIST_END = wire.PLAIN_SERVER_RESET_LENGTH - 4;
/** The upper half of a replay id below 2^16, in tls-crypt right after the session id. */
const REPLAY_ID_START = 0;
const EARLY_REPLAY_ID_START = 0x0f00;

export function isCutLayout(layout: number): boolean {
  return layout >= CUT_CLEAR;
}

export function isCutCrypt(layout: number): boolean {
  return layout === CUT_CRYPT;
}

export function isCutPlain(layout: number): boolean {
  return layout === CUT_CLEAR;
}

/** The cut form of tls-crypt, or of plain (HMAC of 0 bytes) or tls-auth. */
export function cutForm(isCrypt: boolean, hmacLength: number): number {
  if (isCrypt) return CUT_CRYPT;
  return hmacLength === 0 ? CUT_CLEAR : CUT_CLEAR + hmacLength + AUTH_REPLAY_LENGTH;
}

/** The layout that a cut reset's length tells of; 0 for other packets, and where it tells of none. */
export function findCutLayout(payload: Payload, code: number): number {
  if (!wire.isHardReset(code)) return 0;
  if (fitsCut(payload, code, CUT_CRYPT)) return CUT_CRYPT;
  if (fitsCut(payload, code, CUT_CLEAR)) return CUT_CLEAR;
  for (const hmacLength of wire.HMAC_LENGTHS) {
    const layout = cutForm(false, hmacLength);
    if (fitsCut(payload, code, layout)) return layout;
  }
  return 0;
}

/** True for a packet whose length fits the layout, and whose captured bytes end before they could show more. */
export function fitsCut(payload: Payload, code: number, layout: number): boolean {
  const isCrypt = layout === CUT_CRYPT;
  const overhead = isCrypt ? wire.CRYPT_OVERHEAD : layout - CUT_CLEAR;
  if (!isTooShort(payload, isCrypt, overhead) || !fitsLength(payload.length - overhead, code, isCrypt)) return false;
  if (layout === CUT_CLEAR) return fitsPlainStart(payload, code);
  return !isCrypt || startsReplayId(payload);
}

/** True where the replay id and time, or the ack list, are not all there. */
function isTooShort({ captured, length }: Payload, isCrypt: boolean, overhead: number): boolean {
  if (captured === length) return false;
  if (isCrypt) return captured < wire.CRYPT_TAG_OFFSET;
  return overhead === 0 ? captured < PLAIN_LIST_END : captured <= wire.CONTROL_HEADER_LENGTH + overhead;
}

/** Whether a packet of this kind may have this length in plain, or this length without what tls-crypt adds to it. */
function fitsLength(length: number, code: number, isCrypt: boolean): boolean {
  switch (code) {
    case Opcode.HARD_RESET_CLIENT_V2:
      return length === wire.PLAIN_RESET_LENGTH;
    case Opcode.HARD_RESET_CLIENT_V3:
      return isCrypt && length > wire.PLAIN_RESET_LENGTH + wire.WRAPPED_KEY_LOWER_LIMIT;
    case Opcode.HARD_RESET_SERVER_V2:
      return (
        length === wire.PLAIN_SERVER_RESET_LENGTH ||
        (isCrypt && length === wire.CRYPT_V2_SERVER_RESET_LENGTH - wire.CRYPT_OVERHEAD)
      );
    case Opcode.ACK_V1:
      return isAckLength(length);
    default:
      return length >= wire.PLAIN_RESET_LENGTH;
  }
}

/** Whether an ACK in plain may have this length: 1 to 8 packet ids of 4 bytes each. */
export function isAckLength(length: number): boolean {
  const ids = (length - wire.CONTROL_HEADER_LENGTH - 1 - 8) / 4;
  return Number.isInteger(ids) && ids >= 1 && ids <= 8;
}

/** In plain the ack list begins at once: a reset's is empty or has one id, and that is 0. */
function fitsPlainStart({ data, at, captured }: Payload, code: number): boolean {
  if (captured <= wire.CONTROL_HEADER_LENGTH) return true;
  const count = data.getUint8(at + wire.CONTROL_HEADER_LENGTH);
  if (!wire.isHardReset(code)) return count <= 8;
  if (count !== (wire.isClientReset(code) ? 0 : 1)) return false;
  const end = Math.min(captured, wire.CONTROL_HEADER_LENGTH + 5);
  for (let i = wire.CONTROL_HEADER_LENGTH + 1; i < end; i++) {
    if (data.getUint8(at + i) !== 0) return false;
  }
  return true;
}

function startsReplayId({ data, at, captured }: Payload): boolean {
  if (captured < wire.CRYPT_REPLAY_OFFSET + 2) return false;
  const start = data.getUint16(at + wire.CRYPT_REPLAY_OFFSET);
  return start === REPLAY_ID_START || start === EARLY_REPLAY_ID_START;
}

/** Suspected: a reset and two packets of its session after it, or a reset of each side with the same wrapping and one more packet each. */
export function judgeCut(
  payload: Payload,
  code: number,
  stays: number,
  state: Int32Array,
  at: number,
  log: EvidenceLog,
): Verdict {
  const { direction } = payload;
  if (wire.isHardReset(code)) {
    state[at + Word.FLAGS]! |= Flag.CUT_RESET << direction;
    noteReset(payload, code, log);
  }
  const flags = state[at + Word.FLAGS]!;
  fallShort(0, Shortfall.OPENVPN_STAYS, wire.SESSION_ID_AT, STAYS_ONE_WAY, stays);
  if ((flags & Flag.SUSPECTED) !== 0 || (flags & (Flag.CUT_RESET << direction)) === 0)
    return verdictSoFar(state, at, true);
  const isAnswered = (flags & (Flag.CUT_RESET << (1 - direction))) !== 0;
  const others = isAnswered ? state[at + Word.STAYS + 1 - direction]! : 0;
  if (stays < STAYS_ONE_WAY && (stays < STAYS_BOTH_WAYS || others < STAYS_BOTH_WAYS))
    return verdictSoFar(state, at, true);
  noteSession(payload, log);
  if (others > 0) noteOtherSession(payload, state, at, log);
  return suspect(state, at);
}
