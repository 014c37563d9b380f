/**
 * IKE's fingerprint, on any port, with or without the non-ESP marker, over UDP datagrams and the records of IKE over
 * TCP. Layout: wire/ike; of headers that a snap length has cut: wire/ike-cut.
 *
 * Confirmed: one side's initiator SPI, 64 bits, is repeated by the other in an answer that is not the message itself;
 * the answer may be captured before its request. Suspected: a message from one side only whose header is consistent
 * (known version and exchange; length that of the message, zeros after it left out) and whose payload chain ends on the
 * last byte. A header alone is nothing. Where a snap length left no more, two different ones with one initiator SPI are
 * suspected. Where it left even less after the non-ESP marker: ike-cut.
 *
 * Mistaken for it by others, and why not here: anything on ports 500 and 4500 (ports are not looked at), scans and
 * malformed datagrams (the chain must add up).
 */
import { byteAt, u32be } from '../memory';
import * as wire from '../wire/ike';
import { IkeExchange } from '../wire/ike';
import { Check } from './checks';
import { EvidenceLog } from './evidence';
import { Variant } from './finding';
import { isMarkedIke, observeMarkedIke } from './ike-cut';
import { echoConfirms, ikeOffset, initiatorOf, isAnswer, isCut, isResponders } from './ike-message';
import { Payload } from './payload';
import { fallShortWide, Shortfall } from './shortfall';
import { MatchStrength, StateWord, Verdict } from './verdict';
import { addToWord, putWord, setBits, wordAt, wordsFrom } from './words';

/** The last initiator SPIs of each direction: a new attempt may begin before the last one is answered. */
const REMEMBERED: i32 = 2;
/** The last messages of each direction, by their digests: what comes back as it went is no answer. */
const MESSAGES: i32 = 4;
/** Bytes that a digest is made of: SPIs, types, message number, length and the first payloads. */
const DIGESTED: i32 = 96;
const FNV_OFFSET: u32 = 0x811c9dc5;
const FNV_PRIME: u32 = 0x01000193;

const FLAGS: i32 = StateWord.OWN;
/** REMEMBERED initiator SPIs of two words for each direction. */
const SPIS: i32 = StateWord.OWN + 1;
/** MESSAGES digests for each direction, the last one first. */
const DIGESTS: i32 = StateWord.OWN + 1 + 4 * REMEMBERED;
/** What ike-cut keeps. */
const MARKED: i32 = StateWord.OWN + 1 + 4 * REMEMBERED + 2 * MESSAGES;

/** Bits of FLAGS. */
const SUSPECTED: i32 = 1;
/** How many SPIs are remembered: two bits per direction from here. */
const COUNT_SHIFT: i32 = 4;
/** Which of them came in an answer: REMEMBERED bits per direction from here. */
const ANSWER_SHIFT: i32 = 8;

export function matchIke(payload: Payload): MatchStrength {
  if (ikeOffset(payload) >= 0) return MatchStrength.STRONG;
  return isMarkedIke(payload) ? MatchStrength.WEAK : MatchStrength.NONE;
}

export function observeIke(payload: Payload, state: usize, log: EvidenceLog): Verdict {
  const offset = ikeOffset(payload);
  if (offset < 0) return observeOther(payload, state, log);
  noteVariant(payload, offset, state);
  const message = payload.at + offset;
  const direction = payload.direction;
  putWord(state, StateWord.KEY, wire.initiatorSpiHigh(message));
  putWord(state, StateWord.KEY + 1, wire.initiatorSpiLow(message));
  // What comes back as it went says nothing of the other side.
  const digest = digestOf(payload, offset);
  if (hasDigest(digest, 1 - direction, state))
    return failEcho(verdictSoFar(state), Shortfall.IKE_REFLECTED, offset, state);
  const echoed = spiFrom(1 - direction, message, state);
  const echoes = echoed != Sent.NO && (echoed == Sent.IN_ANSWER || isAnswer(message));
  if (echoes && echoConfirms(payload, offset)) {
    noteEcho(payload, offset, log);
    return Verdict.CONFIRMED;
  }
  // A header alone is nothing, but two of them that are not the same and name one SPI are.
  const goesOn = spiFrom(direction, message, state) != Sent.NO && !hasDigest(digest, direction, state);
  rememberSpi(message, direction, state);
  rememberDigest(digest, direction, state);
  if (isCut(payload, offset) && !echoes && !goesOn)
    return failEcho(verdictSoFar(state), Shortfall.IKE_CUT, offset, state);
  if (!isSuspected(state)) noteMessage(payload, offset, log);
  setBits(state, FLAGS, SUSPECTED);
  return failEcho(Verdict.SUSPECTED, Shortfall.IKE_ANSWER, offset, state);
}

/** The SPI of the message at hand has not confirmed the flow. */
function failEcho(verdict: Verdict, reason: Shortfall, offset: i32, state: usize): Verdict {
  const high = wordAt(state, StateWord.KEY);
  return fallShortWide(verdict, reason, offset, 0, 0, high, wordAt(state, StateWord.KEY + 1));
}

/** What is cut to less than a header; ESP, keepalives and what else shares the flow neither adds nor takes anything. */
function observeOther(payload: Payload, state: usize, log: EvidenceLog): Verdict {
  if (isSuspected(state)) return Verdict.SUSPECTED;
  if (!isMarkedIke(payload)) return Verdict.RULED_OUT;
  const verdict = observeMarkedIke(payload, state, wordsFrom(state, MARKED), log);
  if (verdict == Verdict.SUSPECTED) setBits(state, FLAGS, SUSPECTED);
  return verdict;
}

function isSuspected(state: usize): bool {
  return (wordAt(state, FLAGS) & SUSPECTED) != 0;
}

function verdictSoFar(state: usize): Verdict {
  return isSuspected(state) ? Verdict.SUSPECTED : Verdict.UNDECIDED;
}

function noteVariant(payload: Payload, offset: i32, state: usize): void {
  const message = payload.at + offset;
  const exchange = wire.ikeExchange(message);
  if (wire.isIkeV2(message)) {
    putWord(state, StateWord.VARIANT, Variant.IKE_V2);
  } else if (exchange == IkeExchange.V1_MAIN) {
    putWord(state, StateWord.VARIANT, Variant.IKE_V1_MAIN);
  } else if (exchange == IkeExchange.V1_AGGRESSIVE) {
    putWord(state, StateWord.VARIANT, Variant.IKE_V1_AGGRESSIVE);
  } else if (wordAt(state, StateWord.VARIANT) == Variant.NONE) {
    putWord(state, StateWord.VARIANT, Variant.IKE_V1);
  }
  if (wordAt(state, StateWord.INITIATOR) == 0)
    putWord(state, StateWord.INITIATOR, initiatorOf(message, payload.direction));
}

function spiCount(state: usize, direction: i32): i32 {
  return (wordAt(state, FLAGS) >> (COUNT_SHIFT + 2 * direction)) & 3;
}

/** Whether a direction has sent a message's initiator SPI. */
enum Sent {
  NO = 0,
  YES = 1,
  IN_ANSWER = 2,
}

function spiFrom(direction: i32, message: usize, state: usize): Sent {
  const high = wire.initiatorSpiHigh(message);
  const low = wire.initiatorSpiLow(message);
  const count = spiCount(state, direction);
  for (let i = 0; i < count; i++) {
    const spi = SPIS + (direction * REMEMBERED + i) * 2;
    if (wordAt(state, spi) != high || wordAt(state, spi + 1) != low) continue;
    return (wordAt(state, FLAGS) & (answerBit(direction) << i)) != 0 ? Sent.IN_ANSWER : Sent.YES;
  }
  return Sent.NO;
}

function answerBit(direction: i32): i32 {
  return 1 << (ANSWER_SHIFT + REMEMBERED * direction);
}

function rememberSpi(message: usize, direction: i32, state: usize): void {
  const spi = SPIS + direction * REMEMBERED * 2;
  const high = wire.initiatorSpiHigh(message);
  const low = wire.initiatorSpiLow(message);
  const count = spiCount(state, direction);
  const bit = answerBit(direction);
  const answer = isResponders(message) ? bit : 0;
  if (count > 0 && wordAt(state, spi) == high && wordAt(state, spi + 1) == low) {
    setBits(state, FLAGS, answer);
    return;
  }
  putWord(state, spi + 2, wordAt(state, spi));
  putWord(state, spi + 3, wordAt(state, spi + 1));
  putWord(state, spi, high);
  putWord(state, spi + 1, low);
  const before = wordAt(state, FLAGS);
  putWord(state, FLAGS, (before & ~(3 * bit)) | ((before & bit) << 1) | answer);
  if (count < REMEMBERED) addToWord(state, FLAGS, 1 << (COUNT_SHIFT + 2 * direction));
}

/** FNV-1a of a message's first bytes; never 0. */
function digestOf(payload: Payload, offset: i32): u32 {
  const message = payload.at + offset;
  const digested = min(payload.captured - offset, DIGESTED);
  let digest = FNV_OFFSET;
  for (let i = 0; i < digested; i++) digest = (digest ^ byteAt(message + i)) * FNV_PRIME;
  return digest == 0 ? 1 : digest;
}

/**
 * True when a direction has sent the very same message of late. Where it is the other one, that is an echo service, or
 * a mirror that mixes up its directions.
 */
function hasDigest(digest: u32, direction: i32, state: usize): bool {
  const first = DIGESTS + direction * MESSAGES;
  for (let i = 0; i < MESSAGES; i++) {
    if (wordAt(state, first + i) == digest) return true;
  }
  return false;
}

function rememberDigest(digest: u32, direction: i32, state: usize): void {
  const first = DIGESTS + direction * MESSAGES;
  if (wordAt(state, first) == digest) return;
  for (let i = MESSAGES - 1; i > 0; i--) putWord(state, first + i, wordAt(state, first + i - 1));
  putWord(state, first, digest);
}

function noteMessage(payload: Payload, offset: i32, log: EvidenceLog): void {
  const packet = payload.packet;
  const message = payload.at + offset;
  const place = payload.evidenceOffset + offset;
  log.note(packet, Check.IKE_HEADER, place + wire.NEXT_PAYLOAD_AT, 0, u32be(message + wire.NEXT_PAYLOAD_AT));
  if (isCut(payload, offset)) return;
  const length = <i32>wire.ikeLength(message);
  const zeros = payload.length - offset - length;
  log.note(packet, Check.IKE_LENGTH, place + wire.LENGTH_AT, length, length);
  log.note(packet, Check.IKE_PAYLOADS, place + wire.IKE_HEADER_LENGTH, length, length);
  if (zeros > 0) log.note(packet, Check.IKE_TRAILING_ZEROS, place + length, wire.TRAILING_ZEROS_LIMIT, zeros);
}

function noteEcho(payload: Payload, offset: i32, log: EvidenceLog): void {
  const packet = payload.packet;
  const message = payload.at + offset;
  const place = payload.evidenceOffset + offset;
  if (!log.has(Check.IKE_HEADER)) noteMessage(payload, offset, log);
  const high = wire.initiatorSpiHigh(message);
  const low = wire.initiatorSpiLow(message);
  log.noteWide(packet, Check.IKE_SPI_ECHO, place, high, low, high, low);
  if (!wire.hasResponderSpi(message)) return;
  const responderPlace = place + wire.RESPONDER_SPI_AT;
  const responderHigh = wire.responderSpiHigh(message);
  const responderLow = wire.responderSpiLow(message);
  log.noteWide(packet, Check.IKE_RESPONDER_SPI, responderPlace, 0, 0, responderHigh, responderLow);
}
