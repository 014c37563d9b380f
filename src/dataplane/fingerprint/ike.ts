/**
 * IKE's fingerprint, on any port, with or without the non-ESP marker, over UDP datagrams and the records of IKE over TCP.
 * Layout: dataplane/wire/ike.ts; of headers that a snap length has cut: dataplane/wire/ike-cut.ts.
 *
 * Confirmed: one side's initiator SPI, 64 bits, is repeated by the other in an answer that is not the message itself; the answer
 * may be captured before its request. Suspected: a message from one side only whose header is consistent (known version and
 * exchange; length that of the message, zeros after it left out) and whose payload chain ends on the last byte. A header alone is
 * nothing. Where a snap length left no more, two different ones with one initiator SPI are suspected. Where it left even less after the
 * non-ESP marker: ike-cut.ts.
 *
 * Mistaken for it by others, and why not here: anything on ports 500 and 4500 (ports are not looked at), scans and malformed
 * datagrams (the chain must add up).
 */
import * as wire from '../wire/ike.ts';
import { IkeExchange } from '../wire/ike.ts';
import { Check } from '../host/checks.ts';
import type { EvidenceLog } from '../host/evidence-log.ts';
import { Variant } from '../host/finding.ts';
import { isMarkedIke, observeMarkedIke } from './ike-cut.ts';
import { echoConfirms, ikeOffset, initiatorOf, isAnswer, isCut, isResponders } from './ike-message.ts';
import type { Payload } from './payload.ts';
import { fallShortWide } from './shortfall.ts';
import { Shortfall } from '../host/shortfall.ts';
import { MatchStrength, StateWord } from './verdict.ts';
import { Verdict } from '../host/verdict.ts';

/** The last initiator SPIs of each direction: a new attempt may begin before the last one is answered. */
const REMEMBERED = 2;
/** The last messages of each direction, by their digests: what comes back as it went is no answer. */
const MESSAGES = 4;
/** Bytes that a digest is made of: SPIs, types, message number, length and the first payloads. */
const DIGESTED = 96;

const Word = {
  FLAGS: StateWord.OWN,
  /** REMEMBERED initiator SPIs of two words for each direction. */
  SPIS: StateWord.OWN + 1,
  /** MESSAGES digests for each direction, the last one first. */
  DIGESTS: StateWord.OWN + 1 + 4 * REMEMBERED,
  /** What ike-cut.ts keeps. */
  MARKED: StateWord.OWN + 1 + 4 * REMEMBERED + 2 * MESSAGES,
} as const;

const Flag = {
  SUSPECTED: 1,
  /** How many SPIs are remembered: two bits per direction from here. */
  COUNT_SHIFT: 4,
  /** Which of them came in an answer: REMEMBERED bits per direction from here. */
  ANSWER_SHIFT: 8,
} as const;

export function matchIke(payload: Payload): MatchStrength {
  if (ikeOffset(payload) >= 0) return MatchStrength.STRONG;
  return isMarkedIke(payload) ? MatchStrength.WEAK : MatchStrength.NONE;
}

export function observeIke(payload: Payload, state: Int32Array, at: number, log: EvidenceLog): Verdict {
  const offset = ikeOffset(payload);
  if (offset < 0) return observeOther(payload, state, at, log);
  noteVariant(payload, offset, state, at);
  const message = payload.at + offset;
  const { data, direction } = payload;
  state[at + StateWord.KEY] = wire.initiatorSpiHigh(data, message);
  state[at + StateWord.KEY + 1] = wire.initiatorSpiLow(data, message);
  // What comes back as it went says nothing of the other side.
  const digest = digestOf(payload, offset);
  if (hasDigest(digest, 1 - direction, state, at))
    return failEcho(verdictSoFar(state, at), Shortfall.IKE_REFLECTED, offset, state, at);
  const echoed = spiFrom(1 - direction, data, message, state, at);
  const echoes = echoed !== NOT_SENT && (echoed === RESPONDERS || isAnswer(data, message));
  if (echoes && echoConfirms(payload, offset)) {
    noteEcho(payload, offset, log);
    return Verdict.CONFIRMED;
  }
  // A header alone is nothing, but two of them that are not the same and name one SPI are.
  const goesOn = spiFrom(direction, data, message, state, at) !== NOT_SENT && !hasDigest(digest, direction, state, at);
  rememberSpi(data, message, direction, state, at);
  rememberDigest(digest, direction, state, at);
  if (isCut(payload, offset) && !echoes && !goesOn)
    return failEcho(verdictSoFar(state, at), Shortfall.IKE_CUT, offset, state, at);
  if ((state[at + Word.FLAGS]! & Flag.SUSPECTED) === 0) noteMessage(payload, offset, log);
  state[at + Word.FLAGS]! |= Flag.SUSPECTED;
  return failEcho(Verdict.SUSPECTED, Shortfall.IKE_ANSWER, offset, state, at);
}

/** The SPI of the message at hand has not confirmed the flow. */
function failEcho(verdict: Verdict, reason: Shortfall, offset: number, state: Int32Array, at: number): Verdict {
  const high = state[at + StateWord.KEY]!;
  return fallShortWide(verdict, reason, offset, 0, 0, high, state[at + StateWord.KEY + 1]!);
}

/** What is cut to less than a header; ESP, keepalives and what else shares the flow neither adds nor takes anything. */
function observeOther(payload: Payload, state: Int32Array, at: number, log: EvidenceLog): Verdict {
  if ((state[at + Word.FLAGS]! & Flag.SUSPECTED) !== 0) return Verdict.SUSPECTED;
  if (!isMarkedIke(payload)) return Verdict.RULED_OUT;
  const verdict = observeMarkedIke(payload, state, at, at + Word.MARKED, log);
  if (verdict === Verdict.SUSPECTED) state[at + Word.FLAGS]! |= Flag.SUSPECTED;
  return verdict;
}

function verdictSoFar(state: Int32Array, at: number): Verdict {
  return (state[at + Word.FLAGS]! & Flag.SUSPECTED) !== 0 ? Verdict.SUSPECTED : Verdict.UNDECIDED;
}

function noteVariant(payload: Payload, offset: number, state: Int32Array, at: number): void {
  const { data, direction } = payload;
  const message = payload.at + offset;
  const exchange = wire.ikeExchange(data, message);
  const variant = state[at + StateWord.VARIANT]!;
  if (wire.isIkeV2(data, message)) {
    state[at + StateWord.VARIANT] = Variant.IKE_V2;
  } else if (exchange === IkeExchange.V1_MAIN) {
    state[at + StateWord.VARIANT] = Variant.IKE_V1_MAIN;
  } else if (exchange === IkeExchange.V1_AGGRESSIVE) {
    state[at + StateWord.VARIANT] = Variant.IKE_V1_AGGRESSIVE;
  } else if (variant === Variant.NONE) {
    state[at + StateWord.VARIANT] = Variant.IKE_V1;
  }
  if (state[at + StateWord.INITIATOR] === 0) state[at + StateWord.INITIATOR] = initiatorOf(data, message, direction);
}

function spiCount(state: Int32Array, at: number, direction: number): number {
  return (state[at + Word.FLAGS]! >> (Flag.COUNT_SHIFT + 2 * direction)) & 3;
}

/** Answers of `spiFrom`: a direction has not sent this message's initiator SPI, has sent it, or has sent it in an answer. */
const NOT_SENT = 0;
const SENT = 1;
const RESPONDERS = 2;

function spiFrom(direction: number, data: DataView, message: number, state: Int32Array, at: number): number {
  const high = wire.initiatorSpiHigh(data, message);
  const low = wire.initiatorSpiLow(data, message);
  const count = spiCount(state, at, direction);
  for (let i = 0; i < count; i++) {
    const slot = at + Word.SPIS + (direction * REMEMBERED + i) * 2;
    if (state[slot] !== high || state[slot + 1] !== low) continue;
    return (state[at + Word.FLAGS]! & (answerBit(direction) << i)) !== 0 ? RESPONDERS : SENT;
  }
  return NOT_SENT;
}

function answerBit(direction: number): number {
  return 1 << (Flag.ANSWER_SHIFT + REMEMBERED * direction);
}

function rememberSpi(data: DataView, message: number, direction: number, state: Int32Array, at: number): void {
  const slot = at + Word.SPIS + direction * REMEMBERED * 2;
  const high = wire.initiatorSpiHigh(data, message);
  const low = wire.initiatorSpiLow(data, message);
  const count = spiCount(state, at, direction);
  const bit = answerBit(direction);
  const answer = isResponders(data, message) ? bit : 0;
  if (count > 0 && state[slot] === high && state[slot + 1] === low) {
    state[at + Word.FLAGS]! |= answer;
    return;
  }
  state[slot + 2] = state[slot]!;
  state[slot + 3] = state[slot + 1]!;
  state[slot] = high;
  state[slot + 1] = low;
  const before = state[at + Word.FLAGS]!;
  state[at + Word.FLAGS] = (before & ~(3 * bit)) | ((before & bit) << 1) | answer;
  if (count < REMEMBERED) state[at + Word.FLAGS]! += 1 << (Flag.COUNT_SHIFT + 2 * direction);
}

/** FNV-1a of a message's first bytes; never 0. */
function digestOf(payload: Payload, offset: number): number {
  const { data } = payload;
  const start = payload.at + offset;
  const end = Math.min(payload.at + payload.captured, start + DIGESTED);
  let digest = 0x811c9dc5;
  for (let i = start; i < end; i++) digest = Math.imul(digest ^ data.getUint8(i), 0x01000193);
  return digest === 0 ? 1 : digest;
}

/**
 * True when a direction has sent the very same message of late. Where it is the other one, that is an echo service, or a mirror that
 * mixes up its directions.
 */
function hasDigest(digest: number, direction: number, state: Int32Array, at: number): boolean {
  const slots = at + Word.DIGESTS + direction * MESSAGES;
  for (let i = 0; i < MESSAGES; i++) {
    if (state[slots + i] === digest) return true;
  }
  return false;
}

function rememberDigest(digest: number, direction: number, state: Int32Array, at: number): void {
  const slots = at + Word.DIGESTS + direction * MESSAGES;
  if (state[slots] === digest) return;
  for (let i = MESSAGES - 1; i > 0; i--) state[slots + i] = state[slots + i - 1]!;
  state[slots] = digest;
}

function noteMessage(payload: Payload, offset: number, log: EvidenceLog): void {
  const { data, packet, evidenceOffset } = payload;
  const message = payload.at + offset;
  const place = evidenceOffset + offset;
  log.note(packet, Check.IKE_HEADER, place + wire.NEXT_PAYLOAD_AT, 0, data.getInt32(message + wire.NEXT_PAYLOAD_AT));
  if (isCut(payload, offset)) return;
  const length = wire.ikeLength(data, message);
  const zeros = payload.length - offset - length;
  log.note(packet, Check.IKE_LENGTH, place + wire.LENGTH_AT, length, length);
  log.note(packet, Check.IKE_PAYLOADS, place + wire.IKE_HEADER_LENGTH, length, length);
  if (zeros > 0) log.note(packet, Check.IKE_TRAILING_ZEROS, place + length, wire.TRAILING_ZEROS_LIMIT, zeros);
}

function noteEcho(payload: Payload, offset: number, log: EvidenceLog): void {
  const { data, packet } = payload;
  const message = payload.at + offset;
  const place = payload.evidenceOffset + offset;
  if (!log.has(Check.IKE_HEADER)) noteMessage(payload, offset, log);
  const high = wire.initiatorSpiHigh(data, message);
  const low = wire.initiatorSpiLow(data, message);
  log.noteWide(packet, Check.IKE_SPI_ECHO, place, high, low, high, low);
  if (!wire.hasResponderSpi(data, message)) return;
  const responder = message + wire.RESPONDER_SPI_AT;
  log.noteWide(
    packet,
    Check.IKE_RESPONDER_SPI,
    place + wire.RESPONDER_SPI_AT,
    0,
    0,
    data.getInt32(responder),
    data.getInt32(responder + 4),
  );
}
