/**
 * WireGuard's fingerprint. Layout: wire/wireguard.
 *
 * Confirmed by an echo: the response's (or cookie reply's) receiver index is the sender index of an initiation from the
 * other side, in messages of the fixed lengths whose keys look like keys. Suspected: an initiation or a response alone
 * with a zero mac2 (retries of an unanswered initiation stay here), retries that keep their distance, and transport
 * messages seen from the middle of a session (wireguard-data).
 *
 * Mistaken for it by others, and why not here: datagrams of the right length that begin with the right bytes (mac2 must
 * be zero or the index echoed, each key must look random); uTP with connection id 0, whose datagrams of 148 begin 01 00
 * 00 00 many times a second; text, zeros and counters.
 */
import { isZero, u32be } from '../memory';
import { looksRandom, SMALLEST_SAMPLE } from '../randomness';
import * as wire from '../wire/wireguard';
import { WireguardType } from '../wire/wireguard';
import { Check } from './checks';
import { EvidenceLog } from './evidence';
import { Variant } from './finding';
import { Payload } from './payload';
import { fallShort, fallShortOf, Shortfall } from './shortfall';
import { MatchStrength, StateWord, Verdict } from './verdict';
import { addToWord, lowWord, putWord, wordAt } from './words';
import { isRandomIndex, noteVariant, observeTransport } from './wireguard-data';
import {
  hasFlag,
  REMEMBERED_SENDERS,
  setFlag,
  verdictSoFar,
  WireguardFlag as Flag,
  WireguardWord as Word,
} from './wireguard-state';

/**
 * An initiator sends the next initiation after 5 s at the earliest (whitepaper section 6.1, REKEY_TIMEOUT), with some
 * slack for the capture's clock. Several within the shorter time are another protocol's numbers.
 */
const RETRY_MS: i32 = 4500;
const BURST_MS: f64 = 2000;
/** Bytes of a cut field that are all zero by chance once in 2^32. */
const SMALLEST_REST: i32 = 4;

/** False at a glance for nearly all that `matchWireguard` does not match. */
export function mayBeWireguard(payload: Payload): bool {
  return payload.captured >= wire.INDEX_FIELDS_LENGTH && wire.opensWireguard(payload.at);
}

export function matchWireguard(payload: Payload): MatchStrength {
  if (payload.captured < wire.INDEX_FIELDS_LENGTH) return MatchStrength.NONE;
  const type = wire.wireguardType(payload.at);
  if (wire.isWireguardLength(type, payload.length))
    return type == WireguardType.TRANSPORT ? MatchStrength.WEAK : MatchStrength.STRONG;
  return wire.isDisco(payload.at) ? MatchStrength.WEAK : MatchStrength.NONE;
}

/** Receiver index of a transport message; 0 for anything else. */
export function transportReceiver(payload: Payload): u32 {
  if (payload.captured < wire.INDEX_FIELDS_LENGTH || payload.length < wire.SHORTEST_TRANSPORT) return 0;
  return wire.wireguardType(payload.at) == WireguardType.TRANSPORT ? wire.receiverIndex(payload.at) : 0;
}

/** A longer message of a confirmed flow is data, and adds nothing. */
export const LONGEST_HANDSHAKE: i32 = wire.INITIATION_LENGTH;

/**
 * True for transport messages, of which `captured` bytes are at `at`: most of what a confirmed flow carries, and they
 * add nothing.
 */
export function isSessionData(at: usize, captured: i32): bool {
  return captured >= wire.INDEX_FIELDS_LENGTH && wire.wireguardType(at) == WireguardType.TRANSPORT;
}

export function observeWireguard(payload: Payload, state: usize, log: EvidenceLog): Verdict {
  const at = payload.at;
  if (payload.captured < wire.INDEX_FIELDS_LENGTH)
    return fallShortOf(verdictSoFar(state, payload.length == 0), payload, wire.INDEX_FIELDS_LENGTH);
  const type = wire.wireguardType(at);
  if (!wire.isWireguardLength(type, payload.length)) {
    if (!wire.isDisco(at))
      return fallShort(verdictSoFar(state, false), Shortfall.WIREGUARD_LENGTH, 0, type, payload.length);
    noteDisco(payload, state, log);
    return fallShort(verdictSoFar(state, true), Shortfall.WIREGUARD_ANSWER, 0, 0, type);
  }
  switch (type) {
    case WireguardType.INITIATION:
      return observeInitiation(payload, state, log);
    case WireguardType.RESPONSE:
      return observeResponse(payload, state, log);
    case WireguardType.COOKIE:
      return observeCookie(payload, state, log);
    default:
      return observeTransport(payload, state, log);
  }
}

/**
 * True when every key, ciphertext and mac1 of a handshake message, as far as captured, could be such: one field of
 * zeros is another protocol's, however random the rest. Where the capture stops before enough of the first, the index
 * of `sender` must do: one that was drawn at random.
 */
function hasRandomSecrets(payload: Payload, type: u32, sender: u32): bool {
  const captured = payload.captured;
  if (captured - wire.secretField(type, 0) < SMALLEST_SAMPLE && !isRandomIndex(sender)) return false;
  const fields = wire.secretFieldCount(type);
  for (let i = 0; i < fields; i++) {
    const start = wire.secretField(type, i);
    const length = min(wire.secretField(type, i + 1), captured) - start;
    // What is left of a cut field is too short for the test, but not for zeros.
    if (length < SMALLEST_SAMPLE) return length < SMALLEST_REST || !isZero(payload.at + start, length);
    if (!looksRandom(payload.at + start, length)) return false;
  }
  return true;
}

function failSecrets(payload: Payload, type: u32, state: usize): Verdict {
  const start = wire.secretField(type, 0);
  return fallShort(verdictSoFar(state, false), Shortfall.WIREGUARD_SECRETS, start, 0, payload.captured - start);
}

/** True for a handshake message whose mac2 is captured and zero: 128 bits that few other protocols have there. */
function hasZeroMac2(payload: Payload, type: u32): bool {
  return payload.captured == payload.length && wire.isMac2Zero(payload.at, type);
}

/**
 * Suspects a handshake message without its answer: with mac2 zero at once; where mac2 was cut off or is used, `isSure`
 * decides.
 */
function suspectAlone(payload: Payload, state: usize, log: EvidenceLog, type: u32, isSure: bool): Verdict {
  const isMac2Zero = hasZeroMac2(payload, type);
  if (!isMac2Zero && !isSure)
    return fallShort(verdictSoFar(state, true), Shortfall.WIREGUARD_MAC2, wire.mac2At(type), 0, payload.captured);
  if (!hasFlag(state, Flag.SUSPECTED)) {
    noteMessage(payload, log, type);
    if (isMac2Zero && !log.has(Check.WIREGUARD_MAC2))
      log.note(payload.packet, Check.WIREGUARD_MAC2, payload.evidenceOffset + wire.mac2At(type), 0, 0);
  }
  setFlag(state, Flag.SUSPECTED);
  return fallShort(Verdict.SUSPECTED, Shortfall.WIREGUARD_ANSWER, 0, 0, type);
}

function noteMessage(payload: Payload, log: EvidenceLog, type: u32): void {
  const check = type == WireguardType.INITIATION ? Check.WIREGUARD_INITIATION : Check.WIREGUARD_RESPONSE;
  if (!log.has(check)) log.note(payload.packet, check, payload.evidenceOffset, type << 24, u32be(payload.at));
}

function observeInitiation(payload: Payload, state: usize, log: EvidenceLog): Verdict {
  const sender = wire.initiationSender(payload.at);
  if (!hasRandomSecrets(payload, WireguardType.INITIATION, sender))
    return failSecrets(payload, WireguardType.INITIATION, state);
  const direction = payload.direction;
  const back = 1 - direction;
  if (wordAt(state, StateWord.INITIATOR) == 0) putWord(state, StateWord.INITIATOR, 1 + direction);
  noteVariant(state);
  const hadOne = senderCount(state, direction) > 0;
  const isNew = !hadOne || sender != wordAt(state, sendersOf(direction));
  const nowMs = lowWord(Math.floor(payload.timeUs / 1000));
  const sinceLastMs = nowMs - wordAt(state, Word.INITIATED_MS + direction);
  if (isNew) {
    rememberSender(state, direction, sender);
    putWord(state, Word.INITIATED_MS + direction, nowMs);
  }
  if (hasFlag(state, Flag.RESPONSE + back) && wordAt(state, Word.RECEIVERS + back) == sender) {
    noteMessage(payload, log, WireguardType.INITIATION);
    if (!log.has(Check.WIREGUARD_RESPONSE_ECHO))
      log.note(payload.packet, Check.WIREGUARD_RESPONSE_ECHO, payload.evidenceOffset + 4, sender, sender);
    noteSession(state, back, sender, wordAt(state, Word.RESPONDER_INDEX + back));
    return Verdict.CONFIRMED;
  }
  const isSecond = isNew && hadOne;
  // A burst stays a sign against retries: another protocol pauses too.
  if (isSecond && Math.abs(<f64>sinceLastMs) < BURST_MS) setFlag(state, Flag.BURST);
  // A retry has an index of its own and keeps its distance: chance does not repeat type and length so.
  const isRetry = isSecond && sinceLastMs >= RETRY_MS && !hasFlag(state, Flag.BURST);
  return suspectAlone(payload, state, log, WireguardType.INITIATION, isRetry);
}

/**
 * Keeps a handshake's two indexes, as those of the flow's initiator and responder: either end may begin a handshake.
 */
function noteSession(state: usize, from: i32, initiator: u32, responder: u32): void {
  const isSwapped = wordAt(state, StateWord.INITIATOR) == 1 + from;
  putWord(state, StateWord.KEY, isSwapped ? responder : initiator);
  putWord(state, StateWord.KEY + 1, isSwapped ? initiator : responder);
}

/** The word of a direction's last sender index; those before it follow. */
function sendersOf(direction: i32): i32 {
  return Word.SENDERS + direction * REMEMBERED_SENDERS;
}

function senderCount(state: usize, direction: i32): i32 {
  return (wordAt(state, Word.FLAGS) >> (Flag.SENDERS + 2 * direction)) & 3;
}

function rememberSender(state: usize, direction: i32, sender: u32): void {
  const senders = sendersOf(direction);
  for (let i = REMEMBERED_SENDERS - 1; i > 0; i--) putWord(state, senders + i, wordAt(state, senders + i - 1));
  putWord(state, senders, sender);
  const count = senderCount(state, direction);
  if (count < REMEMBERED_SENDERS) addToWord(state, Word.FLAGS, 1 << (Flag.SENDERS + 2 * direction));
}

function isRemembered(state: usize, direction: i32, sender: u32): bool {
  const count = senderCount(state, direction);
  for (let i = 0; i < count; i++) {
    if (wordAt(state, sendersOf(direction) + i) == sender) return true;
  }
  return false;
}

function observeResponse(payload: Payload, state: usize, log: EvidenceLog): Verdict {
  const responder = wire.responseSender(payload.at);
  if (!hasRandomSecrets(payload, WireguardType.RESPONSE, responder))
    return failSecrets(payload, WireguardType.RESPONSE, state);
  const direction = payload.direction;
  const receiver = wire.responseReceiver(payload.at);
  noteVariant(state);
  if (wordAt(state, StateWord.INITIATOR) == 0) putWord(state, StateWord.INITIATOR, 2 - direction);
  if (isRemembered(state, 1 - direction, receiver)) {
    noteMessage(payload, log, WireguardType.RESPONSE);
    const place = payload.evidenceOffset + wire.RESPONSE_RECEIVER_AT;
    if (!log.has(Check.WIREGUARD_RESPONSE_ECHO))
      log.note(payload.packet, Check.WIREGUARD_RESPONSE_ECHO, place, receiver, receiver);
    noteSession(state, direction, receiver, responder);
    return Verdict.CONFIRMED;
  }
  putWord(state, Word.RESPONDER_INDEX + direction, responder);
  putWord(state, Word.RECEIVERS + direction, receiver);
  setFlag(state, Flag.RESPONSE + direction);
  return suspectAlone(payload, state, log, WireguardType.RESPONSE, false);
}

function observeCookie(payload: Payload, state: usize, log: EvidenceLog): Verdict {
  const receiver = wire.receiverIndex(payload.at);
  const sample = payload.captured - wire.COOKIE_NONCE_AT;
  if (!looksRandom(payload.at + wire.COOKIE_NONCE_AT, sample))
    return fallShort(verdictSoFar(state, false), Shortfall.WIREGUARD_SECRETS, wire.COOKIE_NONCE_AT, 0, sample);
  noteVariant(state);
  if (!isRemembered(state, 1 - payload.direction, receiver))
    return fallShort(verdictSoFar(state, true), Shortfall.WIREGUARD_ECHO, 4, 0, receiver);
  log.note(payload.packet, Check.WIREGUARD_COOKIE_ECHO, payload.evidenceOffset + 4, receiver, receiver);
  return Verdict.CONFIRMED;
}

function noteDisco(payload: Payload, state: usize, log: EvidenceLog): void {
  if (!log.has(Check.WIREGUARD_DISCO))
    log.note(payload.packet, Check.WIREGUARD_DISCO, payload.evidenceOffset, wire.DISCO_WORD, u32be(payload.at));
  setFlag(state, Flag.DISCO);
  putWord(state, StateWord.VARIANT, Variant.WIREGUARD_TAILSCALE);
}
