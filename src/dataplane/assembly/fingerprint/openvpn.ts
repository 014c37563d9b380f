/**
 * OpenVPN's fingerprint, over UDP packets and over the records of a TCP stream alike. Layout: wire/openvpn; how the
 * layer that wraps the control channel is found: openvpn-layout.
 *
 * Confirmed: a control packet repeats the other side's session id (plain, tls-auth); both sides send control packets
 * with a session id that stays, replay ids that count and a replay time that is recent, or that stays over more packets
 * (tls-crypt); a TLS hello in a well-formed control packet while the other side sends control packets too. Suspected:
 * the same from one side only, an unanswered reset, packets cut to their first bytes (openvpn-cut), and data packets
 * seen from the middle of a session (openvpn-data).
 *
 * Mistaken for it by others, and why not here: DNS whose id imitates an opcode (no DNS message has a reset's length
 * with its zeros, nor an ack list after eight random bytes), STUN, QUIC, RTP, ONC-RPC, BFD (no session id that stays,
 * no times). A protocol of a type byte, a session of eight bytes, a counter and a constant word looks like tls-crypt of
 * an old session: it is not found, as its messages do not have the lengths of both ACKs and control packets.
 */
import { byteAt, u32be } from '../memory';
import * as wire from '../wire/openvpn';
import { Opcode } from '../wire/openvpn';
import { Check } from './checks';
import { EvidenceLog } from './evidence';
import { Variant } from './finding';
import { decideCrypt } from './openvpn-crypt';
import { cutForm, decideCut, isCutCrypt, isCutLayout, isCutPlain } from './openvpn-cut';
import { matchData, observeData } from './openvpn-data';
import { findLayout, hasSessionId, Layout, layoutOf, replayOffset } from './openvpn-layout';
import { noteReset, noteResetTail, noteSession } from './openvpn-notes';
import { areClose, isRecent, noteReplay } from './openvpn-replay';
import {
  beginControl,
  hasFlags,
  OpenvpnFlag as Flag,
  OpenvpnWord as Word,
  STAYS_ONE_WAY,
  suspect,
  verdictSoFar,
} from './openvpn-state';
import { Payload } from './payload';
import { fallShort, fallShortOf, fallShortWide, Shortfall } from './shortfall';
import { MatchStrength, StateWord, Verdict } from './verdict';
import { addToWord, lowWord, putWord, setBits, unsignedWordAt, wordAt } from './words';

/** In clear, the packet ids of one side must rise as well. */
const RISES_ONE_WAY: i32 = 2;

/** False at a glance for most of what `matchOpenvpn` does not match. */
export function mayBeOpenvpn(payload: Payload): bool {
  return payload.captured >= wire.CONTROL_HEADER_LENGTH && wire.isOpcode(wire.opcode(payload.at));
}

/** A reset is a strong sign, anything else a weak one. */
export function matchOpenvpn(payload: Payload): MatchStrength {
  if (!mayBeOpenvpn(payload)) return MatchStrength.NONE;
  const code = wire.opcode(payload.at);
  if (code == Opcode.DATA_V1 || code == Opcode.DATA_V2) return matchData(payload);
  if (!hasSessionId(payload)) return MatchStrength.NONE;
  if (wire.isHardReset(code) && wire.keyId(payload.at) != 0) return MatchStrength.NONE;
  const layout = findLayout(payload, code);
  if (layout == Layout.UNKNOWN) return MatchStrength.NONE;
  return wire.isHardReset(code) && !isCutLayout(layout) ? MatchStrength.STRONG : MatchStrength.WEAK;
}

export function observeOpenvpn(payload: Payload, state: usize, log: EvidenceLog): Verdict {
  if (payload.captured < wire.CONTROL_HEADER_LENGTH)
    return fallShortOf(verdictSoFar(state, payload.length == 0), payload, wire.CONTROL_HEADER_LENGTH);
  const code = wire.opcode(payload.at);
  const known = wordAt(state, Word.LAYOUT);
  if (code == Opcode.DATA_V1 || code == Opcode.DATA_V2) {
    // Once the control channel speaks, data packets say nothing more.
    return known == Layout.UNKNOWN
      ? observeData(payload, state, log)
      : fallShort(verdictSoFar(state, true), Shortfall.OPENVPN_ANSWER, 0, 0, code);
  }
  if (!wire.isControl(code)) return failOpcode(verdictSoFar(state, false), payload);
  if (!hasSessionId(payload)) return failSessionId(verdictSoFar(state, false), payload);
  if (wire.isHardReset(code) && wire.keyId(payload.at) != 0) return failKeyId(verdictSoFar(state, false), payload);
  const layout = layoutOf(payload, code, known);
  if (layout == Layout.UNKNOWN || !isOneLayer(layout, known)) return failLayout(verdictSoFar(state, false), payload);
  if (known == Layout.UNKNOWN) beginControl(state);
  if (isReflection(payload, state)) return failSession(verdictSoFar(state, true), Shortfall.OPENVPN_REFLECTED, payload);
  noteInitiator(code, payload.direction, state);
  const isCut = isCutLayout(layout);
  // The layer that a cut packet's length tells of is kept only where no better one is known.
  if (!isCut || known == Layout.UNKNOWN) {
    putWord(state, Word.LAYOUT, layout);
    noteVariant(payload, code, layout, state);
  }
  const stays = followSession(payload, code, layout, state);
  if (isCut) return decideCut(payload, code, stays, state, log);
  if (layout == Layout.CRYPT) return decideCrypt(payload, code, stays, state, log);
  return decideClear(payload, code, layout - Layout.PLAIN, stays, state, log);
}

export function failOpcode(answer: i32, payload: Payload): i32 {
  return fallShort(answer, Shortfall.OPENVPN_OPCODE, 0, 0, payload.captured > 0 ? byteAt(payload.at) : 0);
}

export function failKeyId(answer: i32, payload: Payload): i32 {
  const first = <i32>byteAt(payload.at);
  return fallShort(answer, Shortfall.OPENVPN_KEY_ID, 0, first & ~wire.KEY_ID_MASK, first);
}

export function failSessionId(answer: i32, payload: Payload): i32 {
  return failSession(answer, Shortfall.OPENVPN_SESSION_ID, payload);
}

function failSession(answer: i32, reason: Shortfall, payload: Payload): i32 {
  const high = wire.sessionIdHigh(payload.at);
  return fallShortWide(answer, reason, wire.SESSION_ID_AT, 0, 0, high, wire.sessionIdLow(payload.at));
}

export function failLayout(answer: i32, payload: Payload): i32 {
  return fallShort(answer, Shortfall.OPENVPN_LAYOUT, wire.CONTROL_HEADER_LENGTH, 0, payload.length);
}

/** False for a cut packet whose length tells of another layer than that of the packets before it. */
function isOneLayer(layout: i32, known: i32): bool {
  if (!isCutLayout(layout) || known == Layout.UNKNOWN || known == layout) return true;
  return !isCutLayout(known) && layout == cutForm(known == Layout.CRYPT, known - Layout.PLAIN);
}

function noteInitiator(code: i32, direction: i32, state: usize): void {
  if (wire.isClientReset(code)) putWord(state, StateWord.INITIATOR, 1 + direction);
  else if (code == Opcode.HARD_RESET_SERVER_V2) putWord(state, StateWord.INITIATOR, 2 - direction);
}

function noteVariant(payload: Payload, code: i32, layout: i32, state: usize): void {
  if (wordAt(state, StateWord.VARIANT) == Variant.OPENVPN_TLS_CRYPT_V2) return;
  putWord(state, StateWord.VARIANT, variantOf(payload, code, layout));
}

function variantOf(payload: Payload, code: i32, layout: i32): Variant {
  const isCrypt = layout == Layout.CRYPT || isCutCrypt(layout);
  const answersV2 =
    isCrypt && code == Opcode.HARD_RESET_SERVER_V2 && payload.length == wire.CRYPT_V2_SERVER_RESET_LENGTH;
  if (code == Opcode.HARD_RESET_CLIENT_V3 || code == Opcode.CONTROL_WKC_V1 || answersV2)
    return Variant.OPENVPN_TLS_CRYPT_V2;
  if (isCrypt) return Variant.OPENVPN_TLS_CRYPT;
  return layout == Layout.PLAIN || isCutPlain(layout) ? Variant.OPENVPN_PLAIN : Variant.OPENVPN_TLS_AUTH;
}

/**
 * True for a packet with the other side's session id: each side draws its own, so this is that side's packet, come
 * back.
 */
function isReflection(payload: Payload, state: usize): bool {
  const other = 1 - payload.direction;
  const session = Word.SESSION + 2 * other;
  return (
    wordAt(state, Word.STAYS + other) > 0 &&
    wordAt(state, session) == wire.sessionIdHigh(payload.at) &&
    wordAt(state, session + 1) == wire.sessionIdLow(payload.at)
  );
}

/**
 * Keeps the direction's session id and replay time. Returns how many control packets in a row had both. Stateless
 * servers answer with an id that may not last, clients that start again pick another, and a new key of tls-crypt has a
 * time of its own: each begins the count again.
 */
function followSession(payload: Payload, code: i32, layout: i32, state: usize): i32 {
  const direction = payload.direction;
  const high = wire.sessionIdHigh(payload.at);
  const low = wire.sessionIdLow(payload.at);
  const replay = replayOffset(layout);
  const last = wordAt(state, Word.TIME + direction);
  const time: i32 = replay < 0 ? last : <i32>wire.replayTime(payload.at + replay);
  const session = Word.SESSION + 2 * direction;
  putWord(state, Word.LAST_PACKET + direction, lowWord(payload.packet));
  putWord(state, Word.LAST_OFFSET + direction, payload.evidenceOffset + wire.SESSION_ID_AT);
  if (wordAt(state, session) == high && wordAt(state, session + 1) == low && (last == time || last == 0)) {
    addToWord(state, Word.STAYS + direction, 1);
  } else {
    putWord(state, session, high);
    putWord(state, session + 1, low);
    putWord(state, Word.STAYS + direction, 1);
    putWord(state, Word.REPLAY + direction, 0);
    putWord(state, Word.RISES + direction, 0);
    const forgotten = (Flag.TIME_IS_GOOD | Flag.CUT_RESET) << direction;
    putWord(state, Word.FLAGS, wordAt(state, Word.FLAGS) & ~forgotten);
  }
  putWord(state, Word.TIME + direction, time);
  if (replay >= 0 && isTimeGood(payload, code, time, state)) setBits(state, Word.FLAGS, Flag.TIME_IS_GOOD << direction);
  return wordAt(state, Word.STAYS + direction);
}

/**
 * True for a replay time that is recent, that comes with a first reset, or that is near such a one of the other side.
 */
function isTimeGood(payload: Payload, code: i32, time: u32, state: usize): bool {
  if (wire.isHardReset(code) || isRecent(payload, time)) return true;
  const other = 1 - payload.direction;
  const otherTime = unsignedWordAt(state, Word.TIME + other);
  return hasFlags(state, Flag.TIME_IS_GOOD << other) && areClose(<f64>time, <f64>otherTime);
}

/** Plain and tls-auth: the ack list is in clear, and with it the other side's session id. */
function decideClear(
  payload: Payload,
  code: i32,
  hmacLength: i32,
  stays: i32,
  state: usize,
  log: EvidenceLog,
): Verdict {
  const at = payload.at;
  const direction = payload.direction;
  const packet = payload.packet;
  const place = payload.evidenceOffset;
  const body = wire.bodyOffset(hmacLength);
  const acks = wire.ackCount(at, body);
  const others = wordAt(state, Word.STAYS + 1 - direction);
  if (acks > 0 && others > 0) {
    const other = Word.SESSION + 2 * (1 - direction);
    const echo = body + wire.remoteSessionIdOffset(acks);
    const high = u32be(at + echo);
    const low = u32be(at + echo + 4);
    if (wordAt(state, other) == high && wordAt(state, other + 1) == low) {
      if (wire.isHardReset(code)) noteReset(payload, code, log);
      log.noteWide(packet, Check.OPENVPN_SESSION_ECHO, place + echo, high, low, high, low);
      return Verdict.CONFIRMED;
    }
  }
  if (code == Opcode.CONTROL_V1) {
    const tls = body + wire.bodyLength(code, acks);
    if (wire.isTlsHello(at, tls, payload.captured)) {
      const hello = u32be(at + tls);
      log.noteWide(packet, Check.OPENVPN_TLS_HELLO, place + tls, wire.TLS_HELLO_FIRST, wire.TLS_HELLO_LAST, 0, hello);
      if (others > 0) return Verdict.CONFIRMED;
      return fallShort(suspect(state), Shortfall.OPENVPN_ANSWER, 0, 0, code);
    }
  }
  // Nothing here confirms: what is missing is the echo of a session id.
  fallShort(0, Shortfall.OPENVPN_ANSWER, 0, 0, code);
  if (wire.isClientReset(code) || (code == Opcode.HARD_RESET_SERVER_V2 && acks > 0)) {
    // A counter that passes the opcode makes the form of one bare reset, after others of the flow that had none; a
    // retry repeats its id.
    if (hmacLength == 0 && payload.unclaimedBefore > 0 && stays < 2)
      return fallShort(verdictSoFar(state, true), Shortfall.OPENVPN_LONE_RESET, 0, 2, stays);
    if (!hasFlags(state, Flag.SUSPECTED)) {
      noteReset(payload, code, log);
      noteResetTail(payload, log);
      if (hmacLength > 0) noteReplay(payload, code, at + wire.authReplayOffset(hmacLength), log);
    }
    return suspect(state);
  }
  if (code == Opcode.CONTROL_V1 && wire.hasPacketId(at, code, body, payload.captured)) {
    const id = <i32>wire.packetId(at, code, body);
    if (id > wordAt(state, Word.REPLAY + direction)) addToWord(state, Word.RISES + direction, 1);
    putWord(state, Word.REPLAY + direction, id);
  }
  if (stays >= STAYS_ONE_WAY && wordAt(state, Word.RISES + direction) >= RISES_ONE_WAY) {
    if (!hasFlags(state, Flag.SUSPECTED)) {
      noteSession(payload, log);
      // A replay time that is recent needs no row of its own in clear; an old one is a sign as it stays.
      if (hmacLength > 0 && !isRecent(payload, wordAt(state, Word.TIME + direction)))
        noteReplay(payload, code, at + wire.authReplayOffset(hmacLength), log);
    }
    return suspect(state);
  }
  return fallShort(verdictSoFar(state, true), Shortfall.OPENVPN_STAYS, wire.SESSION_ID_AT, STAYS_ONE_WAY, stays);
}
