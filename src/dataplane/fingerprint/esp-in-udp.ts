/**
 * ESP in UDP (RFC 3948) in a flow without IKE: seen from the middle, or with its IKE on another route.
 *
 * Suspected: an SPI that stays and a sequence number that rises by small steps, in packets of whole words with random bytes
 * after the header, or with an inner packet in clear and the trailer of ESP (dataplane/wire/esp-null). Confirmed: the same from both sides, with
 * SPIs of its own for each, over more packets. Keepalives (one byte 0xff) are passed over: never evidence.
 *
 * Several tunnels share a flow, and each renews its keys: a few SPIs are followed in each direction, and what counts is the one that
 * rose most. A number that goes on where another SPI's was is no sequence of its own: it counts packets of all kinds.
 *
 * A sequence number may begin anywhere: of an extended one only the lower half is sent. High ones are those of other protocols too (times,
 * numbers that begin at random, headers), and so are the few bytes that a snap length leaves. There a number that rises by more than one
 * counts against it, more packets are needed, and nothing is confirmed.
 *
 * What could be mistaken for it: protocols that begin with a session id and a big-endian counter; in clear the bytes behind
 * are not random, and encrypted ones rarely have one session id for each direction and lengths of whole words throughout. Bursts
 * of uTP (connection id, then microseconds) and of iperf (seconds, microseconds) carry random bytes too, but what ESP has
 * encrypted behind its IV differs from packet to packet, and their header or filling there does not. Mosh begins with a bit for
 * the direction and a counter: no SPI is as round. TURN and IPFIX begin with a length: no SPI is that of its packet. A type byte and
 * a session id look like an SPI, and like each other in both directions: such flows are suspected at most.
 */
import { looksRandom } from '../../core/randomness.ts';
import { checkEsp, ESP_HEADER_LENGTH, espSequence, espSpi } from '../wire/esp.ts';
import { findNullTrailer, InnerProtocol, nullNextHeader } from '../wire/esp-null.ts';
import { DecodeStatus } from '../host/decode-status.ts';
import { checkLongHeader } from '../wire/quic.ts';
import { Check } from '../host/checks.ts';
import * as state from './esp-state.ts';
import type { EvidenceLog } from '../host/evidence-log.ts';
import { Variant } from '../host/finding.ts';
import type { Payload } from './payload.ts';
import { fallShort, fallShortWide, seemsClear } from './shortfall.ts';
import { Shortfall } from '../host/shortfall.ts';
import { MatchStrength, StateWord } from './verdict.ts';
import { Verdict } from '../host/verdict.ts';

/** Rising sequence numbers that make a suspicion: of one direction, of both together; and of each that confirm. */
const RISES_ONE_WAY = 5;
const RISES_TOGETHER = 4;
const RISES_EACH_CONFIRM = 4;
const SEQUENCE_STEP_LIMIT = 64;
/** Numbers from here on are those of other protocols too. */
const HIGH_SEQUENCE = 0x10000000;
/** IV, a block and a check value. */
export const SHORTEST = ESP_HEADER_LENGTH + 20;
/** Encrypted under every cipher of ESP: behind the header and the shortest IV. */
const CIPHERTEXT = ESP_HEADER_LENGTH + 8;
/** With this much captured, the four bytes at CIPHERTEXT are there. */
export const SHORTEST_CAPTURED = CIPHERTEXT + 4;
/** So many of four bytes of ciphertext are those of the packet before once in 10,000 packets. */
const SAME_OCTETS = 2;
/** What a protocol's own header may add to the length that it states. */
const LONGEST_OTHER_HEADER = 24;

const KEEPALIVE = 0xff;
const NO_TRAILER = -1;

/** After `isFresh` says yes: the four bytes that no other packet has, and where the check value is of a packet in clear. */
let freshWord = 0;
let trailerEnd = NO_TRAILER;

export function matchEspInUdp(payload: Payload): MatchStrength {
  return mayBeEspInUdp(payload) && isFresh(payload, false, 0) ? MatchStrength.WEAK : MatchStrength.NONE;
}

/** False at a glance for most of what `noticeEspInUdp` says nothing of. */
export function mayBeEspInUdp({ data, at, captured, length }: Payload): boolean {
  if (length < SHORTEST || length % 4 !== 0 || captured < SHORTEST_CAPTURED) return false;
  if (checkEsp(data, at, at + captured) !== DecodeStatus.OK) return false;
  const spi = espSpi(data, at);
  // A QUIC version after a first byte with the form bit is no SPI: 40 bits say so.
  return (
    isRandomSpi(spi) &&
    !isLength(spi, length) &&
    espSequence(data, at) !== 0 &&
    !checkLongHeader(data, at, at + captured)
  );
}

/** False for small and round numbers: an SPI drawn at random is one once in 32,000. */
export function isRandomSpi(spi: number): boolean {
  return spi >>> 16 !== 0 && (spi & 0xffff) !== 0;
}

/** True where half of the SPI is about the length of the packet: an SPI drawn at random has that once in 1,300 lengths. */
export function isLength(spi: number, length: number): boolean {
  const high = length - (spi >>> 16);
  const low = length - (spi & 0xffff);
  return (high >= 0 && high <= LONGEST_OTHER_HEADER) || (low >= 0 && low <= LONGEST_OTHER_HEADER);
}

/**
 * True where the packet has what encryption or authentication makes again for each packet: random bytes, or the check value after
 * an inner packet in clear. Where there was a packet `before`, its four bytes must be others than these.
 */
function isFresh({ data, at, captured, length }: Payload, before: boolean, word: number): boolean {
  trailerEnd = NO_TRAILER;
  freshWord = data.getInt32(at + CIPHERTEXT);
  const isRepeated = before && isAlike(freshWord, word);
  if (
    !isRepeated &&
    looksRandom(data, at + ESP_HEADER_LENGTH, captured - ESP_HEADER_LENGTH, SHORTEST_CAPTURED - ESP_HEADER_LENGTH)
  )
    return true;
  if (captured !== length) return false;
  const found = findNullTrailer(data, at, at + length);
  if (found < 0 || nullNextHeader === InnerProtocol.OSPF) return false;
  freshWord = data.getInt32(found);
  trailerEnd = found;
  return !before || !isAlike(freshWord, word);
}

/** True for an inner packet in clear with the trailer of ESP, which says more than SPIs do. */
function holdsInnerPacket({ data, at, captured, length }: Payload): boolean {
  return captured === length && findNullTrailer(data, at, at + length) >= 0;
}

/** True when at least SAME_OCTETS of the four bytes are the same in both words. */
function isAlike(word: number, other: number): boolean {
  let same = 0;
  for (let shift = 0; shift < 32; shift += 8) {
    if ((((word ^ other) >>> shift) & 255) === 0) same++;
  }
  return same >= SAME_OCTETS;
}

function isKeepalive(payload: Payload): boolean {
  return payload.length === 1 && payload.captured === 1 && payload.data.getUint8(payload.at) === KEEPALIVE;
}

export function observeEspInUdp(payload: Payload, words: Int32Array, at: number, log: EvidenceLog): Verdict {
  const suspected = state.isSuspected(words, at);
  if (!mayBeEspInUdp(payload)) {
    if (suspected) return Verdict.SUSPECTED;
    const verdict = isKeepalive(payload) ? Verdict.UNDECIDED : Verdict.RULED_OUT;
    return fallShort(verdict, Shortfall.ESP_LENGTH, 0, SHORTEST, payload.length);
  }
  const { data, direction } = payload;
  const spi = espSpi(data, payload.at) | 0;
  const sequence = espSequence(data, payload.at) | 0;
  const isCareful = sequence >>> 0 >= HIGH_SEQUENCE || payload.captured < SHORTEST;
  let place = state.placeFor(words, at, direction, spi);
  const isNew = place < 0;
  if (isNew && !suspected && !state.hasRoom(words, at, direction, isCareful))
    return fallShort(Verdict.RULED_OUT, Shortfall.ESP_SPIS, 0, 0, spi);
  const step = isNew ? 0 : (sequence - state.lastSequence(words, at, direction, place)) | 0;
  const jumps = Math.abs(step) > SEQUENCE_STEP_LIMIT;
  // Each side picks the SPIs it is to be sent: one number for both directions is another protocol's session id.
  const isShared = isNew && state.placeFor(words, at, direction === 0 ? 1 : 0, spi) >= 0;
  if (jumps && !suspected)
    return fallShortWide(
      Verdict.RULED_OUT,
      Shortfall.ESP_SEQUENCE_STEP,
      4,
      SEQUENCE_STEP_LIMIT,
      state.lastSequence(words, at, direction, place),
      0,
      sequence,
    );
  if (isShared && !suspected) return fallShort(Verdict.RULED_OUT, Shortfall.ESP_ONE_SPI, 0, 0, spi);
  // Last what takes longest. A packet that a mirror copied twice has the same bytes, and no step.
  const hasBefore = state.hasFreshWord(words, at, direction) && (isNew || step !== 0);
  if (!isFresh(payload, hasBefore, state.lastFreshWord(words, at, direction)))
    return seemsClear(
      suspected ? state.stopRise(words, at, direction, place) : Verdict.RULED_OUT,
      payload,
      ESP_HEADER_LENGTH,
    );
  if (isNew) place = state.take(words, at, direction, spi, sequence);
  const rises = !isNew && step > 0 && step <= (isCareful ? 1 : SEQUENCE_STEP_LIMIT);
  if (jumps) state.restart(words, at, direction, place, sequence);
  else if (rises && !state.continuesAnother(words, at, direction, place, sequence, SEQUENCE_STEP_LIMIT))
    state.addRise(words, at, direction, place);
  else if (isCareful && step > 1) state.takeRise(words, at, direction, place);
  if (step > 0) state.setSequence(words, at, direction, place, sequence);
  state.setFreshWord(words, at, direction, freshWord);
  if (isShared) state.noteShared(words, at);
  if (isNew && state.hasCloseSpi(words, at, direction === 0 ? 1 : 0, spi)) state.noteClose(words, at);
  if (payload.captured < SHORTEST) state.noteCut(words, at);
  words[at + StateWord.VARIANT] = Variant.ESP_IN_UDP;
  return judge(payload, spi, sequence, isCareful, suspected, words, at, log);
}

function judge(
  payload: Payload,
  spi: number,
  sequence: number,
  isCareful: boolean,
  suspected: boolean,
  words: Int32Array,
  at: number,
  log: EvidenceLog,
): Verdict {
  const forth = state.mostRises(words, at, 0, HIGH_SEQUENCE);
  const back = state.mostRises(words, at, 1, HIGH_SEQUENCE);
  const each = Math.min(
    state.mostPlainRises(words, at, 0, HIGH_SEQUENCE),
    state.mostPlainRises(words, at, 1, HIGH_SEQUENCE),
  );
  const confirmed =
    each >= RISES_EACH_CONFIRM &&
    state.mayConfirm(words, at) &&
    (!state.isClose(words, at) || holdsInnerPacket(payload));
  const enough =
    Math.max(forth, back) >= RISES_ONE_WAY || (Math.min(forth, back) > 0 && forth + back >= RISES_TOGETHER);
  if (!confirmed) fallShortWide(0, Shortfall.ESP_RISES, 4, RISES_ONE_WAY, RISES_EACH_CONFIRM, forth, back);
  if (!enough && !confirmed) return suspected ? Verdict.SUSPECTED : Verdict.UNDECIDED;
  if (!suspected || confirmed) {
    const place = payload.evidenceOffset;
    log.note(payload.packet, Check.ESP_SPI_STAYS, place, spi, spi);
    log.note(payload.packet, Check.ESP_SEQUENCE_RISES, place + 4, isCareful ? 1 : SEQUENCE_STEP_LIMIT, sequence);
    if (trailerEnd !== NO_TRAILER)
      log.note(payload.packet, Check.ESP_NULL_TRAILER, place + trailerEnd - 1 - payload.at, 0, nullNextHeader);
  }
  state.noteSuspected(words, at);
  return confirmed ? Verdict.CONFIRMED : Verdict.SUSPECTED;
}
