/**
 * IKE after the non-ESP marker of which a snap length of 64 bytes left 18 to 21: both SPIs, the first payload and the
 * version. A request and its answer are the same there, so a message and its reflection are told apart by their lengths
 * on the wire alone.
 *
 * Suspected, never more: both sides send encrypted messages of IKEv2 with one pair of SPIs, 128 random bits, and each
 * side has sent a length that the other has not. One side alone is nothing, and neither are both where one sends what
 * the other has sent.
 *
 * What could be mistaken for it: a protocol of a zero word, a random session id of 16 bytes that both sides use, and
 * then a type of 46 or 53 and the number 0x20. A message of another type between two such messages takes the flow off.
 */
import { u32be } from '../memory';
import { looksRandom } from '../randomness';
import * as wire from '../wire/ike';
import { checkMarkedIke } from '../wire/ike-cut';
import { Check } from './checks';
import { EvidenceLog } from './evidence';
import { Variant } from './finding';
import { Payload } from './payload';
import { fallShort, Shortfall } from './shortfall';
import { StateWord, Verdict } from './verdict';
import { putWord, wordAt, wordsFrom } from './words';

/** Both SPIs, then for each direction its last lengths, of 16 bits each. */
const SPIS: i32 = 0;
const LENGTHS: i32 = 4;
const SPI_WORDS: i32 = 4;
const LENGTH_WORDS: i32 = 3;
/** Lengths kept for each direction. */
const PLACES: i32 = 2 * LENGTH_WORDS;
const SPIS_LENGTH: i32 = 16;
const MARKER: i32 = wire.NON_ESP_MARKER_LENGTH;
/** Lengths below this fit their place; those of a link do. */
const LENGTH_LIMIT: i32 = 0x8000;

export function isMarkedIke(payload: Payload): bool {
  const at = payload.at;
  const captured = payload.captured;
  const length = payload.length;
  return (
    captured < length &&
    length < LENGTH_LIMIT &&
    captured >= MARKER + SPIS_LENGTH &&
    u32be(at) == 0 &&
    checkMarkedIke(at + MARKER, captured - MARKER, length - MARKER) &&
    looksRandom(at + MARKER, SPIS_LENGTH)
  );
}

/**
 * Follows a message for which `isMarkedIke` is true; `words` is the address of its own words in the state at `state`.
 */
export function observeMarkedIke(payload: Payload, state: usize, words: usize, log: EvidenceLog): Verdict {
  const length = payload.length;
  const message = payload.at + MARKER;
  putWord(state, StateWord.VARIANT, Variant.IKE_V2);
  putWord(state, StateWord.KEY, wire.initiatorSpiHigh(message));
  putWord(state, StateWord.KEY + 1, wire.initiatorSpiLow(message));
  keepSpis(message, words);
  const forth = wordsFrom(words, LENGTHS);
  const back = wordsFrom(forth, LENGTH_WORDS);
  if (payload.direction == 0) rememberLength(forth, back, length);
  else rememberLength(back, forth, length);
  if (!hasOwnLength(forth) || !hasOwnLength(back))
    return fallShort(Verdict.UNDECIDED, Shortfall.IKE_CUT_ONE_WAY, 0, 0, length);
  noteMarkedIke(payload, message, log);
  return Verdict.SUSPECTED;
}

/** Begins again where the SPIs are others than those before. */
function keepSpis(message: usize, words: usize): void {
  let isSame = true;
  for (let i = 0; i < SPI_WORDS; i++) {
    const spi = u32be(message + 4 * i);
    if (wordAt(words, SPIS + i) != spi) isSame = false;
    putWord(words, SPIS + i, spi);
  }
  if (isSame) return;
  for (let i = 0; i < 2 * LENGTH_WORDS; i++) putWord(words, LENGTHS + i, 0);
}

/**
 * Keeps the length of a direction's message among its last ones, in the upper 15 bits of a half-word. The lowest bit
 * says that it is the direction's own: the other has not sent it of late. `lengths` and `others` are the addresses of
 * both directions' lengths.
 */
function rememberLength(lengths: usize, others: usize, length: i32): void {
  const theirs = placeOf(others, length);
  if (theirs >= 0) disown(others, theirs);
  const place = placeOf(lengths, length);
  if (place >= 0) {
    if (theirs >= 0) disown(lengths, place);
    return;
  }
  for (let i = LENGTH_WORDS - 1; i > 0; i--)
    putWord(lengths, i, (wordAt(lengths, i) << 16) | (wordAt(lengths, i - 1) >>> 16));
  putWord(lengths, 0, (wordAt(lengths, 0) << 16) | (length << 1) | (theirs < 0 ? 1 : 0));
}

function entryAt(lengths: usize, place: i32): i32 {
  return (wordAt(lengths, place >> 1) >>> (16 * (place & 1))) & 0xffff;
}

function placeOf(lengths: usize, length: i32): i32 {
  for (let place = 0; place < PLACES; place++) {
    if (entryAt(lengths, place) >> 1 == length) return place;
  }
  return -1;
}

function disown(lengths: usize, place: i32): void {
  putWord(lengths, place >> 1, wordAt(lengths, place >> 1) & ~(1 << (16 * (place & 1))));
}

function hasOwnLength(lengths: usize): bool {
  for (let place = 0; place < PLACES; place++) {
    if ((entryAt(lengths, place) & 1) != 0) return true;
  }
  return false;
}

function noteMarkedIke(payload: Payload, message: usize, log: EvidenceLog): void {
  const packet = payload.packet;
  const place = payload.evidenceOffset + MARKER;
  const next = wire.nextPayload(message);
  log.note(packet, Check.IKE_CUT_PAYLOAD, place + wire.NEXT_PAYLOAD_AT, next, next);
  log.note(packet, Check.IKE_CUT_VERSION, place + wire.VERSION_AT, wire.IkeVersion.V2, wire.ikeVersion(message));
  const high = wire.initiatorSpiHigh(message);
  const low = wire.initiatorSpiLow(message);
  log.noteWide(packet, Check.IKE_SPI_ECHO, place, high, low, high, low);
  const responderHigh = wire.responderSpiHigh(message);
  const responderLow = wire.responderSpiLow(message);
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
