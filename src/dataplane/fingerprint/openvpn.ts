/**
 * OpenVPN's fingerprint, over UDP packets and over the records of a TCP stream alike. Layout: dataplane/wire/openvpn.ts; how the layer that
 * wraps the control channel is found: openvpn-layout.ts.
 *
 * Confirmed: a control packet repeats the other side's session id (plain, tls-auth); both sides send control packets with a
 * session id that stays, replay ids that count and a replay time that is recent, or that stays over more packets (tls-crypt); a TLS
 * hello in a well-formed control packet while the other side sends control packets too. Suspected: the same from one side only, an
 * unanswered reset, packets cut to their first bytes (openvpn-cut.ts), and data packets seen from the middle of a session
 * (openvpn-data.ts).
 *
 * Mistaken for it by others, and why not here: DNS whose id imitates an opcode (no DNS message has a reset's length with its
 * zeros, nor an ack list behind eight random bytes), STUN, QUIC, RTP, ONC-RPC, BFD (no session id that stays, no times). A protocol
 * of a type byte, a session of eight bytes, a counter and a constant word looks like tls-crypt of an old session: it is not found, as
 * its messages do not have the lengths of both ACKs and control packets.
 */
import * as wire from '../wire/openvpn.ts';
import { Opcode } from '../wire/openvpn.ts';
import { Check } from '../host/checks.ts';
import type { EvidenceLog } from '../host/evidence-log.ts';
import { Variant } from '../host/finding.ts';
import { judgeCrypt } from './openvpn-crypt.ts';
import { cutForm, isCutCrypt, isCutLayout, isCutPlain, judgeCut } from './openvpn-cut.ts';
import { matchData, observeData } from './openvpn-data.ts';
import { findLayout, hasSessionId, Layout, layoutOf, replayOffset } from './openvpn-layout.ts';
import { noteReset, noteResetTail, noteSession } from './openvpn-notes.ts';
import { areClose, isRecent, noteReplay } from './openvpn-replay.ts';
import {
  beginControl,
  OpenvpnFlag as Flag,
  OpenvpnWord as Word,
  verdictSoFar,
  STAYS_ONE_WAY,
  suspect,
} from './openvpn-state.ts';
import type { Payload } from './payload.ts';
import { fallShort, fallShortOf, fallShortWide } from './shortfall.ts';
import { Shortfall } from '../host/shortfall.ts';
import { MatchStrength, StateWord } from './verdict.ts';
import { Verdict } from '../host/verdict.ts';

/** In clear, the packet ids of one side must rise as well. */
const RISES_ONE_WAY = 2;

/** False at a glance for most of what `noticeOpenvpn` says nothing of. */
export function mayBeOpenvpn({ data, at, captured }: Payload): boolean {
  return captured >= wire.CONTROL_HEADER_LENGTH && wire.isOpcode(wire.opcode(data, at));
}

/** A reset is a strong sign, anything else a weak one. */
export function matchOpenvpn(payload: Payload): MatchStrength {
  if (!mayBeOpenvpn(payload)) return MatchStrength.NONE;
  const { data, at } = payload;
  const code = wire.opcode(data, at);
  if (code === Opcode.DATA_V1 || code === Opcode.DATA_V2) return matchData(payload);
  if (!hasSessionId(payload)) return MatchStrength.NONE;
  if (wire.isHardReset(code) && wire.keyId(data, at) !== 0) return MatchStrength.NONE;
  const layout = findLayout(payload, code);
  if (layout === Layout.UNKNOWN) return MatchStrength.NONE;
  return wire.isHardReset(code) && !isCutLayout(layout) ? MatchStrength.STRONG : MatchStrength.WEAK;
}

export function observeOpenvpn(payload: Payload, state: Int32Array, at: number, log: EvidenceLog): Verdict {
  if (payload.captured < wire.CONTROL_HEADER_LENGTH)
    return fallShortOf(verdictSoFar(state, at, payload.length === 0), payload, wire.CONTROL_HEADER_LENGTH);
  const code = wire.opcode(payload.data, payload.at);
  if (code === Opcode.DATA_V1 || code === Opcode.DATA_V2) {
    // Once the control channel speaks, data packets say nothing more.
    return state[at + Word.LAYOUT] === Layout.UNKNOWN
      ? observeData(payload, state, at, log)
      : fallShort(verdictSoFar(state, at, true), Shortfall.OPENVPN_ANSWER, 0, 0, code);
  }
  if (!wire.isControl(code)) return failOpcode(verdictSoFar(state, at, false), payload);
  if (!hasSessionId(payload)) return failSessionId(verdictSoFar(state, at, false), payload);
  if (wire.isHardReset(code) && wire.keyId(payload.data, payload.at) !== 0)
    return failKeyId(verdictSoFar(state, at, false), payload);
  const known = state[at + Word.LAYOUT]!;
  const layout = layoutOf(payload, code, known);
  if (layout === Layout.UNKNOWN || !isOneWrapping(layout, known))
    return failLayout(verdictSoFar(state, at, false), payload);
  if (known === Layout.UNKNOWN) beginControl(state, at);
  if (isReflection(payload, state, at))
    return failSession(verdictSoFar(state, at, true), Shortfall.OPENVPN_REFLECTED, payload);
  noteInitiator(code, payload.direction, state, at);
  const isCut = isCutLayout(layout);
  // What a cut packet shows of its wrapping takes the place of nothing better.
  if (!isCut || known === Layout.UNKNOWN) {
    state[at + Word.LAYOUT] = layout;
    noteVariant(payload, code, layout, state, at);
  }
  const stays = followSession(payload, code, layout, state, at);
  if (isCut) return judgeCut(payload, code, stays, state, at, log);
  if (layout === Layout.CRYPT) return judgeCrypt(payload, code, stays, state, at, log);
  return judgeClear(payload, code, layout - Layout.PLAIN, stays, state, at, log);
}

export function failOpcode<Answer extends number>(answer: Answer, payload: Payload): Answer {
  const isThere = payload.captured > 0;
  return fallShort(answer, Shortfall.OPENVPN_OPCODE, 0, 0, isThere ? payload.data.getUint8(payload.at) : 0);
}

export function failKeyId<Answer extends number>(answer: Answer, { data, at }: Payload): Answer {
  return fallShort(answer, Shortfall.OPENVPN_KEY_ID, 0, data.getUint8(at) & ~wire.KEY_ID_MASK, data.getUint8(at));
}

export function failSessionId<Answer extends number>(answer: Answer, payload: Payload): Answer {
  return failSession(answer, Shortfall.OPENVPN_SESSION_ID, payload);
}

function failSession<Answer extends number>(answer: Answer, reason: Shortfall, { data, at }: Payload): Answer {
  const high = wire.sessionIdHigh(data, at);
  return fallShortWide(answer, reason, wire.SESSION_ID_AT, 0, 0, high, wire.sessionIdLow(data, at));
}

export function failLayout<Answer extends number>(answer: Answer, payload: Payload): Answer {
  return fallShort(answer, Shortfall.OPENVPN_LAYOUT, wire.CONTROL_HEADER_LENGTH, 0, payload.length);
}

/** False for a cut packet whose length tells of another wrapping than the packets before it. */
function isOneWrapping(layout: number, known: number): boolean {
  if (!isCutLayout(layout) || known === Layout.UNKNOWN || known === layout) return true;
  return !isCutLayout(known) && layout === cutForm(known === Layout.CRYPT, known - Layout.PLAIN);
}

function noteInitiator(code: number, direction: number, state: Int32Array, at: number): void {
  if (wire.isClientReset(code)) state[at + StateWord.INITIATOR] = 1 + direction;
  else if (code === Opcode.HARD_RESET_SERVER_V2) state[at + StateWord.INITIATOR] = 2 - direction;
}

function noteVariant(payload: Payload, code: number, layout: number, state: Int32Array, at: number): void {
  if (state[at + StateWord.VARIANT] === Variant.OPENVPN_TLS_CRYPT_V2) return;
  const answersV2 =
    code === Opcode.HARD_RESET_SERVER_V2 &&
    (layout === Layout.CRYPT || isCutCrypt(layout)) &&
    payload.length === wire.CRYPT_V2_SERVER_RESET_LENGTH;
  state[at + StateWord.VARIANT] =
    code === Opcode.HARD_RESET_CLIENT_V3 || code === Opcode.CONTROL_WKC_V1 || answersV2
      ? Variant.OPENVPN_TLS_CRYPT_V2
      : layout === Layout.CRYPT || isCutCrypt(layout)
        ? Variant.OPENVPN_TLS_CRYPT
        : layout === Layout.PLAIN || isCutPlain(layout)
          ? Variant.OPENVPN_PLAIN
          : Variant.OPENVPN_TLS_AUTH;
}

/** True for a packet with the other side's session id: each side draws its own, so this is that side's packet, come back. */
function isReflection(payload: Payload, state: Int32Array, at: number): boolean {
  const { data, direction } = payload;
  const other = at + Word.SESSION + 2 * (1 - direction);
  return (
    state[at + Word.STAYS + 1 - direction]! > 0 &&
    state[other] === wire.sessionIdHigh(data, payload.at) &&
    state[other + 1] === wire.sessionIdLow(data, payload.at)
  );
}

/**
 * Keeps the direction's session id and replay time. Returns how many control packets in a row had both. Stateless servers answer with
 * an id that may not last, clients that start again pick another, and a new key of tls-crypt has a time of its own: each begins the
 * count again.
 */
function followSession(payload: Payload, code: number, layout: number, state: Int32Array, at: number): number {
  const { data, direction } = payload;
  const high = wire.sessionIdHigh(data, payload.at);
  const low = wire.sessionIdLow(data, payload.at);
  const replay = replayOffset(layout);
  const last = state[at + Word.TIME + direction]!;
  const time = replay < 0 ? last : wire.replayTime(data, payload.at + replay) | 0;
  const id = at + Word.SESSION + 2 * direction;
  const count = at + Word.STAYS + direction;
  state[at + Word.LAST_PACKET + direction] = payload.packet;
  state[at + Word.LAST_OFFSET + direction] = payload.evidenceOffset + wire.SESSION_ID_AT;
  if (state[id] === high && state[id + 1] === low && (last === time || last === 0)) {
    state[count]!++;
  } else {
    state[id] = high;
    state[id + 1] = low;
    state[count] = 1;
    state[at + Word.REPLAY + direction] = 0;
    state[at + Word.RISES + direction] = 0;
    state[at + Word.FLAGS]! &= ~((Flag.TIME_IS_GOOD | Flag.CUT_RESET) << direction);
  }
  state[at + Word.TIME + direction] = time;
  if (replay >= 0 && isTimeGood(payload, code, time >>> 0, state, at)) {
    state[at + Word.FLAGS]! |= Flag.TIME_IS_GOOD << direction;
  }
  return state[count]!;
}

/** True for a replay time that is recent, that comes with a first reset, or that is near such a one of the other side. */
function isTimeGood(payload: Payload, code: number, time: number, state: Int32Array, at: number): boolean {
  if (wire.isHardReset(code) || isRecent(payload, time)) return true;
  const other = 1 - payload.direction;
  const isOtherGood = (state[at + Word.FLAGS]! & (Flag.TIME_IS_GOOD << other)) !== 0;
  return isOtherGood && areClose(time, state[at + Word.TIME + other]! >>> 0);
}

/** Plain and tls-auth: the ack list is in clear, and with it the other side's session id. */
function judgeClear(
  payload: Payload,
  code: number,
  hmacLength: number,
  stays: number,
  state: Int32Array,
  at: number,
  log: EvidenceLog,
): Verdict {
  const { data, direction, packet, evidenceOffset } = payload;
  const body = payload.at + wire.bodyOffset(hmacLength);
  const acks = wire.ackCount(data, body);
  const other = at + Word.SESSION + 2 * (1 - direction);
  if (acks > 0 && state[at + Word.STAYS + 1 - direction]! > 0) {
    const echo = body + wire.remoteSessionIdOffset(acks);
    const high = data.getInt32(echo);
    const low = data.getInt32(echo + 4);
    if (high === state[other] && low === state[other + 1]) {
      if (wire.isHardReset(code)) noteReset(payload, code, log);
      log.noteWide(packet, Check.OPENVPN_SESSION_ECHO, evidenceOffset + echo - payload.at, high, low, high, low);
      return Verdict.CONFIRMED;
    }
  }
  if (code === Opcode.CONTROL_V1) {
    const tls = body + wire.bodyLength(code, acks);
    if (wire.isTlsHello(data, tls, payload.at + payload.captured)) {
      const { TLS_HELLO_FIRST: first, TLS_HELLO_LAST: last } = wire;
      const offset = evidenceOffset + tls - payload.at;
      log.noteWide(packet, Check.OPENVPN_TLS_HELLO, offset, first, last, 0, data.getInt32(tls));
      if (state[at + Word.STAYS + 1 - direction]! > 0) return Verdict.CONFIRMED;
      return fallShort(suspect(state, at), Shortfall.OPENVPN_ANSWER, 0, 0, code);
    }
  }
  // Nothing here confirms: what is missing is the echo of a session id.
  fallShort(0, Shortfall.OPENVPN_ANSWER, 0, 0, code);
  if (wire.isClientReset(code) || (code === Opcode.HARD_RESET_SERVER_V2 && acks > 0)) {
    // A counter that passes the opcode makes the form of one bare reset, after others of the flow that had none; a retry repeats its id.
    if (hmacLength === 0 && payload.unclaimedBefore > 0 && stays < 2)
      return fallShort(verdictSoFar(state, at, true), Shortfall.OPENVPN_LONE_RESET, 0, 2, stays);
    if ((state[at + Word.FLAGS]! & Flag.SUSPECTED) === 0) {
      noteReset(payload, code, log);
      noteResetTail(payload, log);
      if (hmacLength > 0) noteReplay(payload, code, payload.at + wire.authReplayOffset(hmacLength), log);
    }
    return suspect(state, at);
  }
  if (code === Opcode.CONTROL_V1 && wire.hasPacketId(data, code, body, payload.at + payload.captured)) {
    const id = wire.packetId(data, code, body);
    if (id > state[at + Word.REPLAY + direction]!) state[at + Word.RISES + direction]!++;
    state[at + Word.REPLAY + direction] = id;
  }
  if (stays >= STAYS_ONE_WAY && state[at + Word.RISES + direction]! >= RISES_ONE_WAY) {
    if ((state[at + Word.FLAGS]! & Flag.SUSPECTED) === 0) {
      noteSession(payload, log);
      // A replay time that is recent needs no row of its own in clear; an old one is a sign as it stays.
      if (hmacLength > 0 && !isRecent(payload, state[at + Word.TIME + direction]! >>> 0))
        noteReplay(payload, code, payload.at + wire.authReplayOffset(hmacLength), log);
    }
    return suspect(state, at);
  }
  return fallShort(verdictSoFar(state, at, true), Shortfall.OPENVPN_STAYS, wire.SESSION_ID_AT, STAYS_ONE_WAY, stays);
}
