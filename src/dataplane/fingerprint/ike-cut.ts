/**
 * IKE after the non-ESP marker of which a snap length of 64 bytes left 18 to 21: both SPIs, the first payload and the version. A request
 * and its answer are the same there, so a message and its reflection are told apart by their lengths on the wire alone.
 *
 * Suspected, never more: both sides send encrypted messages of IKEv2 with one pair of SPIs, 128 random bits, and each side has sent a
 * length that the other has not. One side alone is nothing, and neither are both where one sends what the other has sent.
 *
 * What could be mistaken for it: a protocol of a zero word, a random session id of 16 bytes that both sides use, and then a type of
 * 46 or 53 and the number 0x20. A message of another type between two such messages takes the flow off.
 */
import { looksRandom } from '../../core/randomness.ts';
import * as wire from '../wire/ike.ts';
import { checkMarkedIke } from '../wire/ike-cut.ts';
import { Check } from '../host/checks.ts';
import type { EvidenceLog } from '../host/evidence-log.ts';
import { Variant } from '../host/finding.ts';
import type { Payload } from './payload.ts';
import { fallShort } from './shortfall.ts';
import { Shortfall } from '../host/shortfall.ts';
import { StateWord } from './verdict.ts';
import { Verdict } from '../host/verdict.ts';

/** Both SPIs, then for each direction its last lengths, of 16 bits each. */
const Word = { SPIS: 0, LENGTHS: 4 } as const;
const SPI_WORDS = 4;
const LENGTH_WORDS = 3;
const LENGTHS = 2 * LENGTH_WORDS;
const SPIS_LENGTH = 16;
const MARKER = wire.NON_ESP_MARKER_LENGTH;
/** Lengths below this fit their place; those of a link do. */
const LENGTH_LIMIT = 0x8000;

export function isMarkedIke({ data, at, captured, length }: Payload): boolean {
  return (
    captured < length &&
    length < LENGTH_LIMIT &&
    captured >= MARKER + SPIS_LENGTH &&
    data.getInt32(at) === 0 &&
    checkMarkedIke(data, at + MARKER, at + captured, length - MARKER) &&
    looksRandom(data, at + MARKER, SPIS_LENGTH)
  );
}

/** Follows a message for which `isMarkedIke` is true; `words` is where its own words begin in the state at `at`. */
export function observeMarkedIke(
  payload: Payload,
  state: Int32Array,
  at: number,
  words: number,
  log: EvidenceLog,
): Verdict {
  const { data, direction, length } = payload;
  const message = payload.at + MARKER;
  state[at + StateWord.VARIANT] = Variant.IKE_V2;
  state[at + StateWord.KEY] = wire.initiatorSpiHigh(data, message);
  state[at + StateWord.KEY + 1] = wire.initiatorSpiLow(data, message);
  keepSpis(data, message, state, words);
  const forth = words + Word.LENGTHS;
  const back = forth + LENGTH_WORDS;
  rememberLength(state, direction === 0 ? forth : back, direction === 0 ? back : forth, length);
  if (!hasOwnLength(state, forth) || !hasOwnLength(state, back))
    return fallShort(Verdict.UNDECIDED, Shortfall.IKE_CUT_ONE_WAY, 0, 0, length);
  noteMarkedIke(payload, message, log);
  return Verdict.SUSPECTED;
}

/** Begins again where the SPIs are others than those before. */
function keepSpis(data: DataView, message: number, state: Int32Array, words: number): void {
  let isSame = true;
  for (let i = 0; i < SPI_WORDS; i++) {
    const spi = data.getInt32(message + 4 * i);
    if (state[words + Word.SPIS + i] !== spi) isSame = false;
    state[words + Word.SPIS + i] = spi;
  }
  if (isSame) return;
  for (let i = 0; i < 2 * LENGTH_WORDS; i++) state[words + Word.LENGTHS + i] = 0;
}

/**
 * Keeps the length of a direction's message among its last ones, in the upper 15 bits of a half-word. The lowest bit says that it is
 * the direction's own: the other has not sent it of late.
 */
function rememberLength(state: Int32Array, at: number, other: number, length: number): void {
  const theirs = placeOf(state, other, length);
  if (theirs >= 0) disown(state, other, theirs);
  const place = placeOf(state, at, length);
  if (place >= 0) {
    if (theirs >= 0) disown(state, at, place);
    return;
  }
  for (let i = LENGTH_WORDS - 1; i > 0; i--) state[at + i] = (state[at + i]! << 16) | (state[at + i - 1]! >>> 16);
  state[at] = (state[at]! << 16) | (length << 1) | (theirs < 0 ? 1 : 0);
}

function entryAt(state: Int32Array, at: number, place: number): number {
  return (state[at + (place >> 1)]! >>> (16 * (place & 1))) & 0xffff;
}

function placeOf(state: Int32Array, at: number, length: number): number {
  for (let place = 0; place < LENGTHS; place++) {
    if (entryAt(state, at, place) >> 1 === length) return place;
  }
  return -1;
}

function disown(state: Int32Array, at: number, place: number): void {
  state[at + (place >> 1)]! &= ~(1 << (16 * (place & 1)));
}

function hasOwnLength(state: Int32Array, at: number): boolean {
  for (let place = 0; place < LENGTHS; place++) {
    if ((entryAt(state, at, place) & 1) !== 0) return true;
  }
  return false;
}

function noteMarkedIke(payload: Payload, message: number, log: EvidenceLog): void {
  const { data, packet } = payload;
  const place = payload.evidenceOffset + MARKER;
  const next = wire.nextPayload(data, message);
  log.note(packet, Check.IKE_CUT_PAYLOAD, place + wire.NEXT_PAYLOAD_AT, next, next);
  log.note(packet, Check.IKE_CUT_VERSION, place + wire.VERSION_AT, wire.IkeVersion.V2, wire.ikeVersion(data, message));
  const high = wire.initiatorSpiHigh(data, message);
  const low = wire.initiatorSpiLow(data, message);
  log.noteWide(packet, Check.IKE_SPI_ECHO, place, high, low, high, low);
  const responderHigh = wire.responderSpiHigh(data, message);
  const responderLow = wire.responderSpiLow(data, message);
  const responderPlace = place + wire.RESPONDER_SPI_AT;
  log.noteWide(
    packet,
    Check.IKE_CUT_RESPONDER,
    responderPlace,
    responderHigh,
    responderLow,
    responderHigh,
    responderLow,
  );
}
