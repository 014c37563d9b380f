/**
 * OpenVPN's fingerprint, over UDP packets and over the records of a TCP stream alike. Layout: wire/openvpn.ts.
 *
 * Which layer wraps the control channel is found from the packets themselves: a reset's exact length and its fixed fields,
 * or for later packets the one HMAC length with which the ack list behind it makes sense.
 *
 * Confirmed: a control packet repeats the other side's session id (plain, tls-auth); both sides send control packets with a
 * session id that stays, replay ids that count and a plausible time (tls-crypt); a TLS hello in a well-formed control packet
 * while the other side sends control packets too. Suspected: the same from one side only, an unanswered reset, and data
 * packets seen from the middle of a session (openvpn-data.ts).
 *
 * Mistaken for it by others, and why not here: DNS whose id imitates an opcode (no DNS message has a reset's length with its
 * zeros, nor an ack list behind eight random octets), STUN, QUIC, RTP, ONC-RPC, BFD (no session id that stays, no times).
 */
import { looksRandom } from '../core/randomness.ts';
import * as wire from '../wire/openvpn.ts';
import { Opcode } from '../wire/openvpn.ts';
import { Check } from './checks.ts';
import type { EvidenceLog } from './evidence.ts';
import { Variant } from './finding.ts';
import { noticeData, observeData } from './openvpn-data.ts';
import { isReplayPlausible, noteReplay } from './openvpn-replay.ts';
import { OpenvpnFlag as Flag, OpenvpnWord as Word } from './openvpn-state.ts';
import type { Payload } from './payload.ts';
import { Notice, StateWord, Verdict } from './verdict.ts';

/** A wrapped key is longer than this, and the reset before it may carry so many bytes of its own. */
const WRAPPED_KEY_LOWER_LIMIT = 256;
const RESET_OWN_LIMIT = 64;
/** Retransmitted, lost and reordered packets make ids jump by up to this much. */
const REPLAY_STEP_LIMIT = 64;
/** Control packets of one side with one session id that make a suspicion, and of both sides that confirm. */
const STAYS_ONE_WAY = 3;
const STAYS_BOTH_WAYS = 2;
/** In clear, the packet ids of one side must rise as well. */
const RISES_ONE_WAY = 2;

/** How a packet's control channel is wrapped, as the layout word keeps it: CRYPT, or PLAIN plus the HMAC's octets. */
const Layout = { UNKNOWN: 0, PLAIN: 1, CRYPT: 1000 } as const;

/** False at a glance for most of what `noticeOpenvpn` says nothing of. */
export function mayBeOpenvpn({ data, at, captured }: Payload): boolean {
  return captured >= wire.CONTROL_HEADER_LENGTH && wire.isOpcode(wire.opcode(data, at));
}

/** A reset is a strong sign, anything else a weak one. */
export function noticeOpenvpn(payload: Payload): Notice {
  if (!mayBeOpenvpn(payload)) return Notice.NONE;
  const { data, at } = payload;
  const code = wire.opcode(data, at);
  if (code === Opcode.DATA_V1 || code === Opcode.DATA_V2) return noticeData(payload);
  if (!hasSessionId(payload)) return Notice.NONE;
  if (wire.isHardReset(code) && wire.keyId(data, at) !== 0) return Notice.NONE;
  if (findLayout(payload, code, 0) === Layout.UNKNOWN) return Notice.NONE;
  return wire.isHardReset(code) ? Notice.STRONG : Notice.WEAK;
}

export function observeOpenvpn(payload: Payload, state: Int32Array, at: number, log: EvidenceLog): Verdict {
  if (payload.captured < wire.CONTROL_HEADER_LENGTH) return standing(state, at, payload.length === 0);
  const code = wire.opcode(payload.data, payload.at);
  if (code === Opcode.DATA_V1 || code === Opcode.DATA_V2) {
    // Once the control channel speaks, data packets say nothing more.
    return state[at + Word.LAYOUT] === Layout.UNKNOWN
      ? observeData(payload, state, at, log)
      : standing(state, at, true);
  }
  if (!wire.isControl(code) || !hasSessionId(payload)) return standing(state, at, false);
  if (wire.isHardReset(code) && wire.keyId(payload.data, payload.at) !== 0) return standing(state, at, false);
  const layout = layoutOf(payload, code, state, at);
  if (layout === Layout.UNKNOWN) return standing(state, at, false);
  if (isReflection(payload, state, at)) return standing(state, at, true);
  state[at + Word.LAYOUT] = layout;
  noteInitiator(code, payload.direction, state, at);
  noteVariant(payload, code, layout, state, at);
  noteTime(payload, layout, state, at);
  const stays = followSession(payload, state, at);
  if (layout === Layout.CRYPT) return judgeCrypt(payload, code, stays, state, at, log);
  return judgeClear(payload, code, layout - Layout.PLAIN, stays, state, at, log);
}

/** What stands after a packet that says nothing: a suspicion, or undecided while the packet belongs. */
function standing(state: Int32Array, at: number, belongs: boolean): Verdict {
  if ((state[at + Word.FLAGS]! & Flag.SUSPECTED) !== 0) return Verdict.SUSPECTED;
  if (belongs) return Verdict.UNDECIDED;
  return ++state[at + Word.STRANGERS]! > 1 ? Verdict.RULED_OUT : Verdict.UNDECIDED;
}

/** Eight octets that could have been drawn at random: few zeros, few repetitions (chance breaks this once in 30,000). */
function hasSessionId(payload: Payload): boolean {
  const { data } = payload;
  const first = payload.at + wire.SESSION_ID_AT;
  let repeated = 0;
  let zeros = 0;
  for (let i = first; i < first + 8; i++) {
    const octet = data.getUint8(i);
    if (octet === 0 && ++zeros > 2) return false;
    for (let j = first; j < i; j++) {
      if (data.getUint8(j) === octet) repeated++;
    }
  }
  return repeated <= 3;
}

/** The layout already known where it still fits, else one found anew; resets always begin anew. */
function layoutOf(payload: Payload, code: number, state: Int32Array, at: number): number {
  const known = state[at + Word.LAYOUT]!;
  const knownTime = state[at + Word.TIME]! >>> 0;
  if (known !== Layout.UNKNOWN && !wire.isHardReset(code) && fits(payload, code, known, knownTime)) return known;
  return findLayout(payload, code, knownTime);
}

function fits(payload: Payload, code: number, layout: number, knownTime: number): boolean {
  return layout === Layout.CRYPT
    ? fitsCrypt(payload, code, knownTime)
    : fitsClear(payload, code, layout - Layout.PLAIN, knownTime);
}

function findLayout(payload: Payload, code: number, knownTime: number): number {
  if (code === Opcode.HARD_RESET_CLIENT_V3 || code === Opcode.CONTROL_WKC_V1) {
    return fitsCrypt(payload, code, knownTime) ? Layout.CRYPT : Layout.UNKNOWN;
  }
  // A small replay id reads as an empty ack list in clear as well; what is in clear never reads as a replay id and its time.
  if (fitsCrypt(payload, code, knownTime)) return Layout.CRYPT;
  if (fitsClear(payload, code, 0, knownTime)) return Layout.PLAIN;
  for (const hmacLength of wire.HMAC_LENGTHS) {
    if (fitsClear(payload, code, hmacLength, knownTime)) return Layout.PLAIN + hmacLength;
  }
  return Layout.UNKNOWN;
}

/** Plain (HMAC of 0 octets) or tls-auth. */
function fitsClear(payload: Payload, code: number, hmacLength: number, knownTime: number): boolean {
  const { data, at, captured, length } = payload;
  const body = at + wire.bodyOffset(hmacLength);
  if (!wire.checkPlainBody(data, code, body, at + captured, at + length)) return false;
  if (wire.isClientReset(code) && wire.ackCount(data, body) !== 0) return false;
  if (wire.isHardReset(code) && wire.packetId(data, code, body) !== 0) return false;
  if (hmacLength === 0) return code !== Opcode.CONTROL_V1 || startsTls(payload, code, body);
  return (
    isReplayPlausible(payload, code, at + wire.authReplayOffset(hmacLength), knownTime) &&
    looksRandom(data, at + wire.CONTROL_HEADER_LENGTH, hmacLength)
  );
}

/** In clear, what a CONTROL packet carries begins a TLS record or goes on with one: only the first packets are told apart. */
function startsTls(payload: Payload, code: number, body: number): boolean {
  const { data, at, captured } = payload;
  const tls = body + wire.bodyLength(code, wire.ackCount(data, body));
  if (wire.packetId(data, code, body) > 1 || tls + 3 > at + captured) return true;
  const type = data.getUint8(tls);
  return type >= 0x14 && type <= 0x17 && data.getUint8(tls + 1) === 3;
}

function fitsCrypt(payload: Payload, code: number, knownTime: number): boolean {
  const { data, at, captured, length } = payload;
  if (length < wire.CRYPT_HEADER_LENGTH + wire.bodyLength(code, code === Opcode.ACK_V1 ? 1 : 0)) return false;
  if (
    captured < wire.CRYPT_HEADER_LENGTH ||
    !isReplayPlausible(payload, code, at + wire.CRYPT_REPLAY_OFFSET, knownTime)
  )
    return false;
  if (code === Opcode.HARD_RESET_CLIENT_V2 && length !== wire.CRYPT_RESET_LENGTH) return false;
  if (code === Opcode.HARD_RESET_CLIENT_V3 && !fitsWrappedKey(payload)) return false;
  return looksRandom(data, at + wire.CRYPT_HEADER_LENGTH - 32, 32);
}

/** The wrapped key ends the packet and knows its own length; a reset may carry more of its own before it. */
function fitsWrappedKey(payload: Payload): boolean {
  const { data, at, captured, length } = payload;
  if (captured < length) return length > wire.CRYPT_RESET_LENGTH;
  const wrapped = wire.wrappedKeyLength(data, at, length);
  const rest = length - wrapped;
  return (
    rest >= wire.CRYPT_RESET_LENGTH &&
    rest < wire.CRYPT_RESET_LENGTH + RESET_OWN_LIMIT &&
    wrapped > WRAPPED_KEY_LOWER_LIMIT
  );
}

function noteInitiator(code: number, direction: number, state: Int32Array, at: number): void {
  if (wire.isClientReset(code)) state[at + StateWord.INITIATOR] = 1 + direction;
  else if (code === Opcode.HARD_RESET_SERVER_V2) state[at + StateWord.INITIATOR] = 2 - direction;
}

/** Keeps the replay time, which stays what it was when the sender's session began. */
function noteTime(payload: Payload, layout: number, state: Int32Array, at: number): void {
  if (layout === Layout.PLAIN) return;
  const replay = layout === Layout.CRYPT ? wire.CRYPT_REPLAY_OFFSET : wire.authReplayOffset(layout - Layout.PLAIN);
  state[at + Word.TIME] = wire.replayTime(payload.data, payload.at + replay) | 0;
}

function noteVariant(payload: Payload, code: number, layout: number, state: Int32Array, at: number): void {
  if (state[at + StateWord.VARIANT] === Variant.OPENVPN_TLS_CRYPT_V2) return;
  const answersV2 =
    code === Opcode.HARD_RESET_SERVER_V2 &&
    layout === Layout.CRYPT &&
    payload.length === wire.CRYPT_V2_SERVER_RESET_LENGTH;
  state[at + StateWord.VARIANT] =
    code === Opcode.HARD_RESET_CLIENT_V3 || code === Opcode.CONTROL_WKC_V1 || answersV2
      ? Variant.OPENVPN_TLS_CRYPT_V2
      : layout === Layout.CRYPT
        ? Variant.OPENVPN_TLS_CRYPT
        : layout === Layout.PLAIN
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
 * Keeps the direction's session id. Returns how many control packets in a row had it. Stateless servers answer with an
 * id that may not last, and clients that start anew pick another: both begin the count anew.
 */
function followSession(payload: Payload, state: Int32Array, at: number): number {
  const { data, direction } = payload;
  const high = wire.sessionIdHigh(data, payload.at);
  const low = wire.sessionIdLow(data, payload.at);
  const id = at + Word.SESSION + 2 * direction;
  const count = at + Word.STAYS + direction;
  state[at + Word.LAST_PACKET + direction] = payload.packet;
  state[at + Word.LAST_OFFSET + direction] = payload.evidenceOffset + wire.SESSION_ID_AT;
  if (state[id] === high && state[id + 1] === low) {
    state[count]!++;
  } else {
    state[id] = high;
    state[id + 1] = low;
    state[count] = 1;
    state[at + Word.REPLAY + direction] = 0;
  }
  return state[count]!;
}

function suspect(state: Int32Array, at: number): Verdict {
  state[at + Word.FLAGS]! |= Flag.SUSPECTED;
  return Verdict.SUSPECTED;
}

function noteReset(payload: Payload, code: number, log: EvidenceLog): void {
  const check = wire.isClientReset(code) ? Check.OPENVPN_CLIENT_RESET : Check.OPENVPN_SERVER_RESET;
  if (log.has(check)) return;
  log.note(payload.packet, check, payload.evidenceOffset, code << 3, payload.data.getUint8(payload.at));
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
      return suspect(state, at);
    }
  }
  if (wire.isClientReset(code) || (code === Opcode.HARD_RESET_SERVER_V2 && acks > 0)) {
    // A counter that passes the opcode makes the form of one bare reset, after others of the flow that had none; a retry repeats its id.
    if (hmacLength === 0 && payload.unclaimedBefore > 0 && stays < 2) return standing(state, at, true);
    if ((state[at + Word.FLAGS]! & Flag.SUSPECTED) === 0) {
      noteReset(payload, code, log);
      log.note(
        packet,
        Check.OPENVPN_RESET_TAIL,
        evidenceOffset + payload.length - 4,
        0,
        data.getInt32(payload.at + payload.length - 4),
      );
      if (hmacLength > 0) noteReplay(payload, code, payload.at + wire.authReplayOffset(hmacLength), log);
    }
    return suspect(state, at);
  }
  if (code === Opcode.CONTROL_V1) {
    const id = wire.packetId(data, code, body);
    if (id > state[at + Word.REPLAY + direction]!) state[at + Word.RISES + direction]!++;
    state[at + Word.REPLAY + direction] = id;
  }
  if (stays >= STAYS_ONE_WAY && state[at + Word.RISES + direction]! >= RISES_ONE_WAY) {
    if ((state[at + Word.FLAGS]! & Flag.SUSPECTED) === 0) noteSession(payload, log);
    return suspect(state, at);
  }
  return standing(state, at, true);
}

function noteSession(payload: Payload, log: EvidenceLog): void {
  const { data } = payload;
  const high = wire.sessionIdHigh(data, payload.at);
  const low = wire.sessionIdLow(data, payload.at);
  log.noteWide(
    payload.packet,
    Check.OPENVPN_SESSION_STAYS,
    payload.evidenceOffset + wire.SESSION_ID_AT,
    high,
    low,
    high,
    low,
  );
}

/** tls-crypt: only header, replay id and time are in clear. */
function judgeCrypt(
  payload: Payload,
  code: number,
  stays: number,
  state: Int32Array,
  at: number,
  log: EvidenceLog,
): Verdict {
  const { data, direction } = payload;
  const replayAt = payload.at + wire.CRYPT_REPLAY_OFFSET;
  const replay = wire.replayId(data, replayAt);
  const last = state[at + Word.REPLAY + direction]!;
  const step = Math.abs(replay - last);
  if (last !== 0 && step > REPLAY_STEP_LIMIT) {
    state[at + Word.STAYS + direction] = 1;
    return standing(state, at, false);
  }
  state[at + Word.REPLAY + direction] = Math.max(last, replay);
  if (wire.isHardReset(code)) noteReset(payload, code, log);
  const others = state[at + Word.STAYS + 1 - direction]!;
  if (stays >= STAYS_BOTH_WAYS && others >= STAYS_BOTH_WAYS) {
    noteReplay(payload, code, replayAt, log);
    noteSession(payload, log);
    const other = at + Word.SESSION + 2 * (1 - direction);
    const high = state[other]!;
    const low = state[other + 1]!;
    log.noteWide(
      state[at + Word.LAST_PACKET + 1 - direction]!,
      Check.OPENVPN_SESSION_STAYS,
      state[at + Word.LAST_OFFSET + 1 - direction]!,
      high,
      low,
      high,
      low,
    );
    return Verdict.CONFIRMED;
  }
  const wrapped = code === Opcode.HARD_RESET_CLIENT_V3;
  if (wire.isClientReset(code) || stays >= STAYS_ONE_WAY) {
    if ((state[at + Word.FLAGS]! & Flag.SUSPECTED) === 0) {
      noteReplay(payload, code, replayAt, log);
      if (wrapped && payload.captured === payload.length) noteWrappedKey(payload, log);
      if (!wire.isClientReset(code)) noteSession(payload, log);
    }
    return suspect(state, at);
  }
  return standing(state, at, true);
}

function noteWrappedKey(payload: Payload, log: EvidenceLog): void {
  const { data, at, length, packet } = payload;
  const longest = length - wire.CRYPT_RESET_LENGTH;
  const shortest = Math.max(longest - RESET_OWN_LIMIT, WRAPPED_KEY_LOWER_LIMIT) + 1;
  const offset = payload.evidenceOffset + length - 2;
  const wrapped = wire.wrappedKeyLength(data, at, length);
  log.noteWide(packet, Check.OPENVPN_WRAPPED_KEY, offset, shortest, longest, 0, wrapped);
}
