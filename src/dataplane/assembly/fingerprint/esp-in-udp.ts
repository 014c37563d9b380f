/**
 * ESP in UDP (RFC 3948) in a flow without IKE: seen from the middle, or with its IKE on another route.
 *
 * Suspected: an SPI that stays and a sequence number that rises by small steps, in packets of whole words with random
 * bytes after the header, or with an inner packet in clear and the trailer of ESP (wire/esp-null). Confirmed: the same
 * from both sides, with SPIs of its own for each, over more packets. Keepalives (one byte 0xff) are passed over: never
 * evidence.
 *
 * Several tunnels share a flow, and each renews its keys: a few SPIs are followed in each direction, and the one that
 * rose most counts. A number that goes on where another SPI's was is no sequence of its own: it counts packets of all
 * kinds.
 *
 * A sequence number may begin anywhere: an extended one is sent without its upper half. High ones are those of other
 * protocols too (times, numbers that begin at random, headers), and so are the few bytes that a snap length leaves.
 * There a number that rises by more than one counts against it, more packets are needed, and nothing is confirmed.
 *
 * What could be mistaken for it: protocols that begin with a session id and a big-endian counter; in clear the bytes
 * after it are not random, and encrypted ones rarely have one session id for each direction and lengths of whole words
 * throughout. Bursts of uTP (connection id, then microseconds) and of iperf (seconds, microseconds) carry random bytes
 * too, but what ESP has encrypted after its IV differs from packet to packet, and their header or filling there does
 * not. Mosh begins with a bit for the direction and a counter: no SPI is as round. TURN and IPFIX begin with a length:
 * no SPI is that of its packet. A type byte and a session id look like an SPI, and like each other in both directions:
 * such flows are suspected at most.
 */
import { byteAt, u32be } from '../memory';
import { seemsRandom } from '../randomness';
import { DecodeStatus } from '../wire/decode-status';
import { checkEsp, ESP_HEADER_LENGTH, espSequence, espSpi } from '../wire/esp';
import { findNullTrailer, InnerProtocol, nullTrailer } from '../wire/esp-null';
import { checkLongHeader } from '../wire/quic';
import { Check } from './checks';
import * as esp from './esp-state';
import { EvidenceLog } from './evidence';
import { Variant } from './finding';
import { Payload } from './payload';
import { fallShort, fallShortWide, seemsClear, Shortfall } from './shortfall';
import { MatchStrength, StateWord, Verdict } from './verdict';
import { putWord } from './words';

/** Rising sequence numbers that make a suspicion: of one direction, of both together; and of each that confirm. */
const RISES_ONE_WAY: i32 = 5;
const RISES_TOGETHER: i32 = 4;
const RISES_EACH_CONFIRM: i32 = 4;
const SEQUENCE_STEP_LIMIT: i32 = 64;
/** Numbers from here on are those of other protocols too. */
const HIGH_SEQUENCE: u32 = 0x10000000;
/** IV, a block and a check value. */
export const SHORTEST: i32 = ESP_HEADER_LENGTH + 20;
/** Encrypted under every cipher of ESP: after the header and the shortest IV. */
const CIPHERTEXT: i32 = ESP_HEADER_LENGTH + 8;
/** With this much captured, the four bytes at CIPHERTEXT are there. */
export const SHORTEST_CAPTURED: i32 = CIPHERTEXT + 4;
/** So many of four bytes of ciphertext are those of the packet before once in 10,000 packets. */
const SAME_BYTES: i32 = 2;
/** What a protocol's own header may add to the length that it states. */
const LONGEST_OTHER_HEADER: i32 = 24;

const KEEPALIVE: u32 = 0xff;
const NO_TRAILER: i32 = -1;

/** What the last `isFresh` that said yes has found. */
@final
class FreshBytes {
  /** The four bytes that no other packet has. */
  word: u32 = 0;
  /** Offset of the check value of a packet in clear, else NO_TRAILER. */
  trailerEnd: i32 = NO_TRAILER;
}

const fresh = new FreshBytes();

export function matchEspInUdp(payload: Payload): MatchStrength {
  return mayBeEspInUdp(payload) && isFresh(payload, false, 0) ? MatchStrength.WEAK : MatchStrength.NONE;
}

/** False at a glance for most of what `matchEspInUdp` does not match. */
export function mayBeEspInUdp(payload: Payload): bool {
  const at = payload.at;
  const captured = payload.captured;
  const length = payload.length;
  if (length < SHORTEST || length % 4 != 0 || captured < SHORTEST_CAPTURED) return false;
  if (checkEsp(at, at + captured) != DecodeStatus.OK) return false;
  const spi = espSpi(at);
  // A QUIC version after a first byte with the form bit is no SPI: 40 bits say so.
  return isRandomSpi(spi) && !isLength(spi, length) && espSequence(at) != 0 && !checkLongHeader(at, at + captured);
}

/** False for small and round numbers: an SPI drawn at random is one once in 32,000. */
export function isRandomSpi(spi: u32): bool {
  return spi >> 16 != 0 && (spi & 0xffff) != 0;
}

/**
 * True where half of the SPI is about the length of the packet: an SPI drawn at random has that once in 1,300 lengths.
 */
export function isLength(spi: u32, length: i32): bool {
  const high = length - <i32>(spi >> 16);
  const low = length - <i32>(spi & 0xffff);
  return (high >= 0 && high <= LONGEST_OTHER_HEADER) || (low >= 0 && low <= LONGEST_OTHER_HEADER);
}

/**
 * True where the packet has what encryption or authentication makes again for each packet: random bytes, or the check
 * value after an inner packet in clear. Where there was a packet before (`hasBefore`), its four bytes, `word`, must be
 * others than these.
 */
function isFresh(payload: Payload, hasBefore: bool, word: u32): bool {
  const at = payload.at;
  const captured = payload.captured;
  fresh.trailerEnd = NO_TRAILER;
  fresh.word = u32be(at + CIPHERTEXT);
  const isRepeated = hasBefore && isAlike(fresh.word, word);
  const sample = captured - ESP_HEADER_LENGTH;
  if (!isRepeated && seemsRandom(at + ESP_HEADER_LENGTH, sample, SHORTEST_CAPTURED - ESP_HEADER_LENGTH)) return true;
  if (captured != payload.length) return false;
  const found = findNullTrailer(at, captured);
  if (found < 0 || nullTrailer.nextHeader == InnerProtocol.OSPF) return false;
  fresh.word = u32be(at + found);
  fresh.trailerEnd = found;
  return !hasBefore || !isAlike(fresh.word, word);
}

/** True for an inner packet in clear with the trailer of ESP, which says more than SPIs do. */
function holdsInnerPacket(payload: Payload): bool {
  return payload.captured == payload.length && findNullTrailer(payload.at, payload.length) >= 0;
}

/** True when at least SAME_BYTES of the four bytes are the same in both words. */
function isAlike(word: u32, other: u32): bool {
  let same = 0;
  for (let shift = 0; shift < 32; shift += 8) {
    if ((((word ^ other) >> shift) & 255) == 0) same++;
  }
  return same >= SAME_BYTES;
}

function isKeepalive(payload: Payload): bool {
  return payload.length == 1 && payload.captured == 1 && byteAt(payload.at) == KEEPALIVE;
}

export function observeEspInUdp(payload: Payload, state: usize, log: EvidenceLog): Verdict {
  const isSuspected = esp.isSuspected(state);
  if (!mayBeEspInUdp(payload)) {
    if (isSuspected) return Verdict.SUSPECTED;
    const verdict = isKeepalive(payload) ? Verdict.UNDECIDED : Verdict.RULED_OUT;
    return fallShort(verdict, Shortfall.ESP_LENGTH, 0, SHORTEST, payload.length);
  }
  const direction = payload.direction;
  const spi = espSpi(payload.at);
  const sequence = espSequence(payload.at);
  const isCareful = sequence >= HIGH_SEQUENCE || payload.captured < SHORTEST;
  let place = esp.placeFor(state, direction, spi);
  const isNew = place < 0;
  if (isNew && !isSuspected && !esp.hasRoom(state, direction, isCareful))
    return fallShort(Verdict.RULED_OUT, Shortfall.ESP_SPIS, 0, 0, spi);
  const last = isNew ? sequence : esp.lastSequence(state, direction, place);
  const step = <i32>(sequence - last);
  const jumps = step > SEQUENCE_STEP_LIMIT || step < -SEQUENCE_STEP_LIMIT;
  // Each side picks the SPIs it is to be sent: one number for both directions is another protocol's session id.
  const isShared = isNew && esp.placeFor(state, 1 - direction, spi) >= 0;
  if (jumps && !isSuspected)
    return fallShortWide(Verdict.RULED_OUT, Shortfall.ESP_SEQUENCE_STEP, 4, SEQUENCE_STEP_LIMIT, last, 0, sequence);
  if (isShared && !isSuspected) return fallShort(Verdict.RULED_OUT, Shortfall.ESP_ONE_SPI, 0, 0, spi);
  // The check that takes longest comes last. A packet that a mirror copied twice has the same bytes, and no step.
  const hasBefore = esp.hasFreshWord(state, direction) && (isNew || step != 0);
  if (!isFresh(payload, hasBefore, esp.lastFreshWord(state, direction))) {
    const verdict = isSuspected ? esp.stopRise(state, direction, place) : Verdict.RULED_OUT;
    return seemsClear(verdict, payload, ESP_HEADER_LENGTH);
  }
  if (isNew) place = esp.take(state, direction, spi, sequence);
  const rises = !isNew && step > 0 && step <= (isCareful ? 1 : SEQUENCE_STEP_LIMIT);
  if (jumps) esp.restart(state, direction, place, sequence);
  else if (rises && !esp.continuesAnother(state, direction, place, sequence, SEQUENCE_STEP_LIMIT))
    esp.addRise(state, direction, place);
  else if (isCareful && step > 1) esp.takeRise(state, direction, place);
  if (step > 0) esp.setSequence(state, direction, place, sequence);
  esp.setFreshWord(state, direction, fresh.word);
  if (isShared) esp.noteShared(state);
  if (isNew && esp.hasCloseSpi(state, 1 - direction, spi)) esp.noteClose(state);
  if (payload.captured < SHORTEST) esp.noteCut(state);
  putWord(state, StateWord.VARIANT, Variant.ESP_IN_UDP);
  return decide(payload, isCareful, isSuspected, state, log);
}

function decide(payload: Payload, isCareful: bool, isSuspected: bool, state: usize, log: EvidenceLog): Verdict {
  const forth = esp.mostRises(state, 0, HIGH_SEQUENCE);
  const back = esp.mostRises(state, 1, HIGH_SEQUENCE);
  const each = min(esp.mostPlainRises(state, 0, HIGH_SEQUENCE), esp.mostPlainRises(state, 1, HIGH_SEQUENCE));
  const isConfirmed =
    each >= RISES_EACH_CONFIRM && esp.mayConfirm(state) && (!esp.isClose(state) || holdsInnerPacket(payload));
  const isEnough = max(forth, back) >= RISES_ONE_WAY || (min(forth, back) > 0 && forth + back >= RISES_TOGETHER);
  if (!isConfirmed) fallShortWide(0, Shortfall.ESP_RISES, 4, RISES_ONE_WAY, RISES_EACH_CONFIRM, forth, back);
  if (!isEnough && !isConfirmed) return isSuspected ? Verdict.SUSPECTED : Verdict.UNDECIDED;
  if (!isSuspected || isConfirmed) {
    const place = payload.evidenceOffset;
    const spi = espSpi(payload.at);
    const limit = isCareful ? 1 : SEQUENCE_STEP_LIMIT;
    log.note(payload.packet, Check.ESP_SPI_STAYS, place, spi, spi);
    log.note(payload.packet, Check.ESP_SEQUENCE_RISES, place + 4, limit, espSequence(payload.at));
    if (fresh.trailerEnd != NO_TRAILER)
      log.note(payload.packet, Check.ESP_NULL_TRAILER, place + (fresh.trailerEnd - 1), 0, nullTrailer.nextHeader);
  }
  esp.noteSuspected(state);
  return isConfirmed ? Verdict.CONFIRMED : Verdict.SUSPECTED;
}
