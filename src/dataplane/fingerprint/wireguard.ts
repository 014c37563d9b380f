/**
 * WireGuard's fingerprint. Layout: dataplane/wire/wireguard.ts.
 *
 * Confirmed by an echo: the response's (or cookie reply's) receiver index is the sender index of an initiation from the
 * other side, in messages of the fixed lengths whose keys look like keys. Suspected: an initiation or a response alone
 * with a zero mac2 (retries of an unanswered initiation stay here), retries that keep their distance, and transport messages
 * seen from the middle of a session (wireguard-data.ts).
 *
 * Mistaken for it by others, and why not here: datagrams of the right length that begin with the right bytes (mac2 must
 * be zero or the index echoed, each key must look random); uTP with connection id 0, whose datagrams of 148 begin 01 00 00 00 many
 * times a second; text, zeros and counters.
 */
import { isZero } from '../../core/bytes.ts';
import { looksRandom, SMALLEST_SAMPLE } from '../../core/randomness.ts';
import * as wire from '../wire/wireguard.ts';
import { WireguardType } from '../wire/wireguard.ts';
import { Check } from '../host/checks.ts';
import type { EvidenceLog } from '../host/evidence-log.ts';
import { Variant } from '../host/finding.ts';
import type { Payload } from './payload.ts';
import { fallShort, fallShortOf } from './shortfall.ts';
import { Shortfall } from '../host/shortfall.ts';
import { MatchStrength, StateWord } from './verdict.ts';
import { Verdict } from '../host/verdict.ts';
import { isRandomIndex, observeTransport } from './wireguard-data.ts';
import {
  hasFlag,
  REMEMBERED_SENDERS,
  setFlag,
  verdictSoFar,
  WireguardFlag as Flag,
  WireguardWord as Word,
} from './wireguard-state.ts';

/**
 * An initiator sends the next initiation after 5 s at the earliest (whitepaper section 6.1, REKEY_TIMEOUT), with some slack for the
 * capture's clock. Several within the shorter time are another protocol's numbers.
 */
const RETRY_MS = 4500;
const BURST_MS = 2000;
/** Bytes of a cut field that are all zero by chance once in 2^32. */
const SMALLEST_REST = 4;

/** False at a glance for nearly all that `noticeWireguard` says nothing of. */
export function mayBeWireguard({ data, at, captured }: Payload): boolean {
  return captured >= wire.INDEX_FIELDS_LENGTH && wire.opensWireguard(data, at);
}

export function matchWireguard(payload: Payload): MatchStrength {
  const { data, at, captured, length } = payload;
  if (captured < wire.INDEX_FIELDS_LENGTH) return MatchStrength.NONE;
  const type = wire.wireguardType(data, at);
  if (wire.isWireguardLength(type, length))
    return type === WireguardType.TRANSPORT ? MatchStrength.WEAK : MatchStrength.STRONG;
  return wire.isDisco(data, at) ? MatchStrength.WEAK : MatchStrength.NONE;
}

/** Receiver index of a transport message; 0 for anything else. */
export function transportReceiver(payload: Payload): number {
  const { data, at, captured, length } = payload;
  if (captured < wire.INDEX_FIELDS_LENGTH || length < wire.SHORTEST_TRANSPORT) return 0;
  return wire.wireguardType(data, at) === WireguardType.TRANSPORT ? wire.receiverIndex(data, at) : 0;
}

/** Longer messages than this tell nothing of a flow that is confirmed: they are data. */
export const LONGEST_HANDSHAKE = wire.INITIATION_LENGTH;

/** True for transport messages, of which `captured` bytes are at `at`: most of what a confirmed flow carries, and they tell nothing of it. */
export function isSessionData(data: DataView, at: number, captured: number): boolean {
  return captured >= wire.INDEX_FIELDS_LENGTH && wire.wireguardType(data, at) === WireguardType.TRANSPORT;
}

export function observeWireguard(payload: Payload, state: Int32Array, at: number, log: EvidenceLog): Verdict {
  const { data, captured } = payload;
  if (captured < wire.INDEX_FIELDS_LENGTH)
    return fallShortOf(verdictSoFar(state, at, payload.length === 0), payload, wire.INDEX_FIELDS_LENGTH);
  const type = wire.wireguardType(data, payload.at);
  if (!wire.isWireguardLength(type, payload.length)) {
    if (!wire.isDisco(data, payload.at))
      return fallShort(verdictSoFar(state, at, false), Shortfall.WIREGUARD_LENGTH, 0, type, payload.length);
    noteDisco(payload, state, at, log);
    return fallShort(verdictSoFar(state, at, true), Shortfall.WIREGUARD_ANSWER, 0, 0, type);
  }
  switch (type) {
    case WireguardType.INITIATION:
      return observeInitiation(payload, state, at, log);
    case WireguardType.RESPONSE:
      return observeResponse(payload, state, at, log);
    case WireguardType.COOKIE:
      return observeCookie(payload, state, at, log);
    default:
      return observeTransport(payload, state, at, log);
  }
}

/**
 * True when every key, ciphertext and mac1 of a handshake message, as far as captured, could be such: one field of zeros is another
 * protocol's, however random the rest. Where the capture stops before enough of the first, the index of `sender` must do: one
 * that was drawn at random.
 */
function hasRandomSecrets(payload: Payload, type: number, sender: number): boolean {
  const { data, at, captured } = payload;
  const fields = wire.secretFields(type);
  if (captured - fields[0]! < SMALLEST_SAMPLE && !isRandomIndex(sender)) return false;
  for (let i = 0; i + 1 < fields.length; i++) {
    const start = fields[i]!;
    const length = Math.min(fields[i + 1]!, captured) - start;
    // What is left of a cut field is too short for the test, but not for zeros.
    if (length < SMALLEST_SAMPLE) return length < SMALLEST_REST || !isZero(data, at + start, length);
    if (!looksRandom(data, at + start, length)) return false;
  }
  return true;
}

function failSecrets(payload: Payload, type: number, state: Int32Array, at: number): Verdict {
  const start = wire.secretFields(type)[0]!;
  return fallShort(verdictSoFar(state, at, false), Shortfall.WIREGUARD_SECRETS, start, 0, payload.captured - start);
}

/** True for a handshake message whose mac2 is captured and zero: 128 bits that few other protocols have there. */
function hasZeroMac2(payload: Payload, type: number): boolean {
  return payload.captured === payload.length && wire.isMac2Zero(payload.data, payload.at, type);
}

/** Suspects a handshake message that stands alone: with mac2 zero at once; where mac2 was cut off or is used, `sure` decides. */
function suspectAlone(
  payload: Payload,
  state: Int32Array,
  at: number,
  log: EvidenceLog,
  type: number,
  sure: boolean,
): Verdict {
  const zero = hasZeroMac2(payload, type);
  if (!zero && !sure)
    return fallShort(verdictSoFar(state, at, true), Shortfall.WIREGUARD_MAC2, wire.mac2At(type), 0, payload.captured);
  if (!hasFlag(state, at, Flag.SUSPECTED)) {
    noteMessage(payload, log, type);
    if (zero && !log.has(Check.WIREGUARD_MAC2))
      log.note(payload.packet, Check.WIREGUARD_MAC2, payload.evidenceOffset + wire.mac2At(type), 0, 0);
  }
  setFlag(state, at, Flag.SUSPECTED);
  return fallShort(Verdict.SUSPECTED, Shortfall.WIREGUARD_ANSWER, 0, 0, type);
}

function noteMessage(payload: Payload, log: EvidenceLog, type: number): void {
  const check = type === WireguardType.INITIATION ? Check.WIREGUARD_INITIATION : Check.WIREGUARD_RESPONSE;
  if (!log.has(check))
    log.note(payload.packet, check, payload.evidenceOffset, type << 24, payload.data.getInt32(payload.at));
}

function observeInitiation(payload: Payload, state: Int32Array, at: number, log: EvidenceLog): Verdict {
  const sender = wire.initiationSender(payload.data, payload.at);
  if (!hasRandomSecrets(payload, WireguardType.INITIATION, sender))
    return failSecrets(payload, WireguardType.INITIATION, state, at);
  const { direction } = payload;
  if (state[at + StateWord.INITIATOR] === 0) state[at + StateWord.INITIATOR] = 1 + direction;
  state[at + StateWord.VARIANT] ||= Variant.WIREGUARD_STANDARD;
  const slots = at + Word.SENDERS + direction * REMEMBERED_SENDERS;
  const hadOne = senderCount(state, at, direction) > 0;
  const isNew = !hadOne || sender !== state[slots];
  const nowMs = Math.floor(payload.timeUs / 1000) | 0;
  const sinceLastMs = (nowMs - state[at + Word.INITIATED_MS + direction]!) | 0;
  if (isNew) {
    rememberSender(state, at, direction, sender);
    state[at + Word.INITIATED_MS + direction] = nowMs;
  }
  if (hasFlag(state, at, Flag.RESPONSE + 1 - direction) && state[at + Word.RECEIVERS + 1 - direction] === sender) {
    noteMessage(payload, log, WireguardType.INITIATION);
    if (!log.has(Check.WIREGUARD_RESPONSE_ECHO)) {
      log.note(
        payload.packet,
        Check.WIREGUARD_RESPONSE_ECHO,
        payload.evidenceOffset + 4,
        state[at + Word.RECEIVERS + 1 - direction]!,
        sender,
      );
    }
    noteSession(state, at, 1 - direction, sender, state[at + Word.RESPONDER_INDEX + 1 - direction]!);
    return Verdict.CONFIRMED;
  }
  const isSecond = isNew && hadOne;
  // A burst stays a sign against retries: another protocol pauses too.
  if (isSecond && Math.abs(sinceLastMs) < BURST_MS) setFlag(state, at, Flag.BURST);
  // A retry has an index of its own and keeps its distance: chance does not repeat type and length so.
  const isRetry = isSecond && sinceLastMs >= RETRY_MS && !hasFlag(state, at, Flag.BURST);
  return suspectAlone(payload, state, at, log, WireguardType.INITIATION, isRetry);
}

/** Keeps a handshake's two indexes, as those of the flow's initiator and responder: either end may begin a handshake. */
function noteSession(state: Int32Array, at: number, from: number, initiator: number, responder: number): void {
  const swapped = state[at + StateWord.INITIATOR] === 1 + from;
  state[at + StateWord.KEY] = swapped ? responder : initiator;
  state[at + StateWord.KEY + 1] = swapped ? initiator : responder;
}

function senderCount(state: Int32Array, at: number, direction: number): number {
  return (state[at + Word.FLAGS]! >> (Flag.SENDERS + 2 * direction)) & 3;
}

function rememberSender(state: Int32Array, at: number, direction: number, sender: number): void {
  const slots = at + Word.SENDERS + direction * REMEMBERED_SENDERS;
  for (let i = REMEMBERED_SENDERS - 1; i > 0; i--) state[slots + i] = state[slots + i - 1]!;
  state[slots] = sender;
  const count = senderCount(state, at, direction);
  if (count < REMEMBERED_SENDERS) state[at + Word.FLAGS]! += 1 << (Flag.SENDERS + 2 * direction);
}

function isRemembered(state: Int32Array, at: number, direction: number, sender: number): boolean {
  const count = senderCount(state, at, direction);
  for (let i = 0; i < count; i++) {
    if (state[at + Word.SENDERS + direction * REMEMBERED_SENDERS + i] === sender) return true;
  }
  return false;
}

function observeResponse(payload: Payload, state: Int32Array, at: number, log: EvidenceLog): Verdict {
  const responder = wire.responseSender(payload.data, payload.at);
  if (!hasRandomSecrets(payload, WireguardType.RESPONSE, responder))
    return failSecrets(payload, WireguardType.RESPONSE, state, at);
  const { direction } = payload;
  const receiver = wire.responseReceiver(payload.data, payload.at);
  state[at + StateWord.VARIANT] ||= Variant.WIREGUARD_STANDARD;
  if (state[at + StateWord.INITIATOR] === 0) state[at + StateWord.INITIATOR] = 2 - direction;
  if (isRemembered(state, at, 1 - direction, receiver)) {
    noteMessage(payload, log, WireguardType.RESPONSE);
    if (!log.has(Check.WIREGUARD_RESPONSE_ECHO)) {
      log.note(
        payload.packet,
        Check.WIREGUARD_RESPONSE_ECHO,
        payload.evidenceOffset + wire.RESPONSE_RECEIVER_AT,
        receiver,
        receiver,
      );
    }
    noteSession(state, at, direction, receiver, responder);
    return Verdict.CONFIRMED;
  }
  state[at + Word.RESPONDER_INDEX + direction] = responder;
  state[at + Word.RECEIVERS + direction] = receiver;
  setFlag(state, at, Flag.RESPONSE + direction);
  return suspectAlone(payload, state, at, log, WireguardType.RESPONSE, false);
}

function observeCookie(payload: Payload, state: Int32Array, at: number, log: EvidenceLog): Verdict {
  const receiver = wire.receiverIndex(payload.data, payload.at);
  const random = looksRandom(payload.data, payload.at + 8, payload.captured - 8);
  if (!random)
    return fallShort(verdictSoFar(state, at, false), Shortfall.WIREGUARD_SECRETS, 8, 0, payload.captured - 8);
  state[at + StateWord.VARIANT] ||= Variant.WIREGUARD_STANDARD;
  if (!isRemembered(state, at, 1 - payload.direction, receiver))
    return fallShort(verdictSoFar(state, at, true), Shortfall.WIREGUARD_ECHO, 4, 0, receiver);
  log.note(payload.packet, Check.WIREGUARD_COOKIE_ECHO, payload.evidenceOffset + 4, receiver, receiver);
  return Verdict.CONFIRMED;
}

function noteDisco(payload: Payload, state: Int32Array, at: number, log: EvidenceLog): void {
  if (!log.has(Check.WIREGUARD_DISCO)) {
    log.note(
      payload.packet,
      Check.WIREGUARD_DISCO,
      payload.evidenceOffset,
      0x5453f09f,
      payload.data.getInt32(payload.at),
    );
  }
  setFlag(state, at, Flag.DISCO);
  state[at + StateWord.VARIANT] = Variant.WIREGUARD_TAILSCALE;
}
