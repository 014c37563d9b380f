/**
 * IKE's fingerprint, on any port, with or without the non-ESP marker, over UDP datagrams and the records of IKE over TCP.
 * Layout: wire/ike.ts.
 *
 * Confirmed: one side's initiator SPI, 64 bits, is repeated by the other in an answer that is not the message itself. Suspected: a
 * message from one side only whose header is consistent (known version, exchange, flags, next payload; length that of the
 * message) and whose payload chain ends on the last octet. A header alone is nothing.
 *
 * Mistaken for it by others, and why not here: anything on ports 500 and 4500 (ports are not looked at), scans and malformed
 * datagrams (the chain must add up).
 */
import * as wire from '../wire/ike.ts';
import { Chain, IkeExchange, IkeVersion, SeenPayload } from '../wire/ike.ts';
import { Check } from './checks.ts';
import type { EvidenceLog } from './evidence.ts';
import { Variant } from './finding.ts';
import type { Payload } from './payload.ts';
import { Notice, StateWord, Verdict } from './verdict.ts';

/** The last initiator SPIs of each direction: a new attempt may begin before the last one is answered. */
const REMEMBERED = 2;
/** The last messages of each direction, by their digests: what comes back as it went is no answer. */
const MESSAGES = 4;
/** Octets that a digest is made of: SPIs, types, message number, length and the first payloads. */
const DIGESTED = 96;

const Word = {
  FLAGS: StateWord.OWN,
  /** REMEMBERED initiator SPIs of two words for each direction. */
  SPIS: StateWord.OWN + 1,
  /** MESSAGES digests for each direction, the last one first. */
  DIGESTS: StateWord.OWN + 1 + 4 * REMEMBERED,
} as const;

const Flag = {
  SUSPECTED: 1,
  /** How many SPIs are remembered: two bits per direction from here. */
  COUNT_SHIFT: 4,
} as const;

/** Octets before the IKE header, 0 or the marker's 4, where a sound IKE message stands there; else -1. */
function ikeOffset(payload: Payload): number {
  const { data, at, captured, length } = payload;
  const end = at + captured;
  if (wire.checkIke(data, at, end, length)) return isSound(payload, 0) ? 0 : -1;
  const marker = wire.NON_ESP_MARKER_LENGTH;
  if (captured <= marker || data.getInt32(at) !== 0) return -1;
  return wire.checkIke(data, at + marker, end, length - marker) && isSound(payload, marker) ? marker : -1;
}

/** True when the message's chain of payloads holds and its fields fit its place in the exchange. */
function isSound(payload: Payload, offset: number): boolean {
  const { data, captured, length } = payload;
  const at = payload.at + offset;
  const end = payload.at + captured;
  const chain = wire.walkPayloads(data, at, end, payload.at + length);
  if (chain === Chain.BROKEN) return false;
  const answered = wire.hasResponderSpi(data, at);
  const exchange = wire.ikeExchange(data, at);
  if (wire.ikeVersion(data, at) === IkeVersion.V2) {
    return exchange === IkeExchange.V2_SA_INIT ? isSoundSaInit(data, at, chain) : answered;
  }
  if (answered) return true;
  if (wire.isV1Encrypted(data, at)) return false;
  if (exchange === IkeExchange.V1_INFORMATIONAL) return true;
  return (exchange === IkeExchange.V1_MAIN || exchange === IkeExchange.V1_AGGRESSIVE) && wire.opensWithV1Sa(data, at);
}

/** A request proposes, and brings a key and a nonce; an answer brings an SA or a notification. */
function isSoundSaInit(data: DataView, at: number, chain: Chain): boolean {
  const seen = wire.payloadsSeen;
  if (isV2Response(data, at) || wire.hasResponderSpi(data, at) || chain === Chain.CUT)
    return (seen & (SeenPayload.SA | SeenPayload.NOTIFY)) !== 0;
  const wanted = SeenPayload.SA | SeenPayload.KEY_EXCHANGE | SeenPayload.NONCE;
  return (seen & wanted) === wanted;
}

function isV2Response(data: DataView, at: number): boolean {
  return wire.ikeVersion(data, at) === IkeVersion.V2 && (wire.ikeFlags(data, at) & wire.IkeFlag.V2_RESPONSE) !== 0;
}

/** True for what an answer can be: it has the other's SPI, or says that it answers, or refuses. */
function isAnswer(data: DataView, at: number): boolean {
  return (
    wire.hasResponderSpi(data, at) ||
    isV2Response(data, at) ||
    wire.ikeExchange(data, at) === IkeExchange.V1_INFORMATIONAL
  );
}

/** False at a glance for nearly all that `noticeIke` says nothing of. */
export function mayBeIke({ data, at, captured, length }: Payload): boolean {
  return wire.opensIke(data, at, at + captured, length);
}

export function noticeIke(payload: Payload): Notice {
  return ikeOffset(payload) >= 0 ? Notice.STRONG : Notice.NONE;
}

export function observeIke(payload: Payload, state: Int32Array, at: number, log: EvidenceLog): Verdict {
  const offset = ikeOffset(payload);
  // ESP, keepalives and what else shares the flow neither adds nor takes anything.
  if (offset < 0) return (state[at + Word.FLAGS]! & Flag.SUSPECTED) !== 0 ? Verdict.SUSPECTED : Verdict.RULED_OUT;
  noteVariant(payload, offset, state, at);
  const message = payload.at + offset;
  const { data, direction } = payload;
  state[at + StateWord.KEY] = wire.initiatorSpiHigh(data, message);
  state[at + StateWord.KEY + 1] = wire.initiatorSpiLow(data, message);
  // What comes back as it went says nothing of the other side.
  const digest = digestOf(payload, offset);
  if (isReflection(digest, direction, state, at)) return Verdict.SUSPECTED;
  if (isAnswer(data, message) && isRemembered(payload, message, state, at)) {
    noteEcho(payload, offset, log);
    return Verdict.CONFIRMED;
  }
  rememberSpi(data, message, direction, state, at);
  rememberDigest(digest, direction, state, at);
  if ((state[at + Word.FLAGS]! & Flag.SUSPECTED) === 0) noteMessage(payload, offset, log);
  state[at + Word.FLAGS]! |= Flag.SUSPECTED;
  return Verdict.SUSPECTED;
}

function noteVariant(payload: Payload, offset: number, state: Int32Array, at: number): void {
  const { data, direction } = payload;
  const message = payload.at + offset;
  const exchange = wire.ikeExchange(data, message);
  const variant = state[at + StateWord.VARIANT]!;
  if (wire.ikeVersion(data, message) === IkeVersion.V2) {
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

/** 1 + the direction of the initiator's packets, as far as one message tells; 0 where it does not. */
function initiatorOf(data: DataView, message: number, direction: number): number {
  if (wire.ikeVersion(data, message) !== IkeVersion.V2) {
    if (wire.isV1Encrypted(data, message)) return 0;
    // The proposal comes from the initiator, and the choice from the responder once it has given its SPI.
    if (wire.opensWithV1Sa(data, message)) return wire.hasResponderSpi(data, message) ? 2 - direction : 1 + direction;
    return 0;
  }
  const byInitiator = (wire.ikeFlags(data, message) & wire.IkeFlag.V2_INITIATOR) !== 0;
  return byInitiator ? 1 + direction : 2 - direction;
}

function spiCount(state: Int32Array, at: number, direction: number): number {
  return (state[at + Word.FLAGS]! >> (Flag.COUNT_SHIFT + 2 * direction)) & 3;
}

/** True when the other direction has sent this message's initiator SPI. */
function isRemembered(payload: Payload, message: number, state: Int32Array, at: number): boolean {
  const other = 1 - payload.direction;
  const high = wire.initiatorSpiHigh(payload.data, message);
  const low = wire.initiatorSpiLow(payload.data, message);
  const count = spiCount(state, at, other);
  for (let i = 0; i < count; i++) {
    const slot = at + Word.SPIS + (other * REMEMBERED + i) * 2;
    if (state[slot] === high && state[slot + 1] === low) return true;
  }
  return false;
}

function rememberSpi(data: DataView, message: number, direction: number, state: Int32Array, at: number): void {
  const slot = at + Word.SPIS + direction * REMEMBERED * 2;
  const high = wire.initiatorSpiHigh(data, message);
  const low = wire.initiatorSpiLow(data, message);
  const count = spiCount(state, at, direction);
  if (count > 0 && state[slot] === high && state[slot + 1] === low) return;
  state[slot + 2] = state[slot]!;
  state[slot + 3] = state[slot + 1]!;
  state[slot] = high;
  state[slot + 1] = low;
  if (count < REMEMBERED) state[at + Word.FLAGS]! += 1 << (Flag.COUNT_SHIFT + 2 * direction);
}

/** FNV-1a of a message's first octets; never 0. */
function digestOf(payload: Payload, offset: number): number {
  const { data } = payload;
  const start = payload.at + offset;
  const end = Math.min(payload.at + payload.captured, start + DIGESTED);
  let digest = 0x811c9dc5;
  for (let i = start; i < end; i++) digest = Math.imul(digest ^ data.getUint8(i), 0x01000193);
  return digest === 0 ? 1 : digest;
}

/** True when the other direction has sent the very same message: an echo service, or a mirror that mixes up its directions. */
function isReflection(digest: number, direction: number, state: Int32Array, at: number): boolean {
  const slots = at + Word.DIGESTS + (1 - direction) * MESSAGES;
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
  const length = payload.length - offset;
  const place = evidenceOffset + offset;
  log.note(packet, Check.IKE_HEADER, place + wire.NEXT_PAYLOAD_AT, 0, data.getInt32(message + wire.NEXT_PAYLOAD_AT));
  log.note(packet, Check.IKE_LENGTH, place + wire.LENGTH_AT, length, data.getUint32(message + wire.LENGTH_AT));
  log.note(packet, Check.IKE_PAYLOADS, place + wire.IKE_HEADER_LENGTH, length, length);
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
