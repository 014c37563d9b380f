/**
 * What the fingerprint of ESP in UDP keeps of a flow: the SPIs of each direction with their sequence numbers, how often
 * each rose, and four bytes of the last packet that no other packet has.
 *
 * A place of an SPI that has not risen is held for its next packet. Random numbers in an SPI's place would fill the
 * places at once: then, before a suspicion, the flow is no ESP.
 */
import { placeOf, placesTaken, putSequence, putSpi, sequenceAt, spiAt, SPI_WORDS } from './spi-table';
import { StateWord, Verdict } from './verdict';
import { putWord, setBits, unsignedWordAt, wordAt, wordsFrom } from './words';

/** SPIs followed in each direction: a tunnel has two while it renews its keys. */
const PLACES: i32 = 4;
/** SPIs that have not risen yet, at most, where one more comes with a number that other protocols have too. */
const UNRISEN_LIMIT: i32 = 1;
/** Rises that a high sequence number, or a packet that was cut, needs beyond those that others need. */
const CAREFUL_EXTRA: i32 = 3;
const MOST_RISES: i32 = 255;
/** The upper four bits of all SPIs that strongSwan draws. */
const STRONGSWAN_SPIS: u32 = 0xc;

const FLAGS: i32 = StateWord.OWN;
/** Per direction, a byte for each place. */
const RISES: i32 = StateWord.OWN + 1;
/** Per direction, the last packet's own four bytes. */
const FRESH: i32 = StateWord.OWN + 3;
const SPIS: i32 = StateWord.OWN + 5;

/** HAS_FRESH is for direction 0; the bit above for direction 1. */
enum Flag {
  SUSPECTED = 1,
  SHARED = 2,
  CUT = 4,
  HAS_FRESH = 8,
  CLOSE = 32,
}

/** Address of a direction's SPIs. */
function tableOf(state: usize, direction: i32): usize {
  return wordsFrom(state, SPIS + direction * PLACES * SPI_WORDS);
}

function hasAny(state: usize, flags: i32): bool {
  return (wordAt(state, FLAGS) & flags) != 0;
}

export function isSuspected(state: usize): bool {
  return hasAny(state, Flag.SUSPECTED);
}

export function noteSuspected(state: usize): void {
  setBits(state, FLAGS, Flag.SUSPECTED);
}

/**
 * True where an SPI of a direction is close to one of the other: SPIs that two hosts draw at random share their first
 * byte once in 256 times, and two bytes once in 65,536. strongSwan's share their first four bits (0xc), so there the
 * two bytes count.
 */
export function hasCloseSpi(state: usize, direction: i32, spi: u32): bool {
  const table = tableOf(state, direction);
  const bits = spi >> 28 == STRONGSWAN_SPIS ? 16 : 24;
  const taken = placesTaken(table, PLACES);
  for (let place = 0; place < taken; place++) if ((spiAt(table, place) ^ spi) >> bits == 0) return true;
  return false;
}

/** SPIs of both sides are close: after that only an inner packet in clear confirms. */
export function noteClose(state: usize): void {
  setBits(state, FLAGS, Flag.CLOSE);
}

export function isClose(state: usize): bool {
  return hasAny(state, Flag.CLOSE);
}

/** One SPI came from both sides: after that nothing is confirmed. */
export function noteShared(state: usize): void {
  setBits(state, FLAGS, Flag.SHARED);
}

/** A snap length has cut a packet so short that nothing is confirmed after it. */
export function noteCut(state: usize): void {
  setBits(state, FLAGS, Flag.CUT);
}

export function mayConfirm(state: usize): bool {
  return !hasAny(state, Flag.SHARED | Flag.CUT);
}

/** Place of an SPI in a direction, -1 where it has none. */
export function placeFor(state: usize, direction: i32, spi: u32): i32 {
  return placeOf(tableOf(state, direction), PLACES, spi);
}

export function lastSequence(state: usize, direction: i32, place: i32): u32 {
  return sequenceAt(tableOf(state, direction), place);
}

export function setSequence(state: usize, direction: i32, place: i32, sequence: u32): void {
  putSequence(tableOf(state, direction), place, sequence);
}

function risesOf(state: usize, direction: i32, place: i32): i32 {
  return (wordAt(state, RISES + direction) >>> (8 * place)) & 255;
}

function setRises(state: usize, direction: i32, place: i32, rises: i32): void {
  const others = wordAt(state, RISES + direction) & ~(255 << (8 * place));
  putWord(state, RISES + direction, others | (rises << (8 * place)));
}

export function addRise(state: usize, direction: i32, place: i32): void {
  const rises = risesOf(state, direction, place);
  if (rises < MOST_RISES) setRises(state, direction, place, rises + 1);
}

/**
 * A number has left others out where that is a sign against it: numbers that rise by one now and then must not add up.
 */
export function takeRise(state: usize, direction: i32, place: i32): void {
  const rises = risesOf(state, direction, place);
  if (rises > 0) setRises(state, direction, place, rises - 1);
}

/** The sequence number of a suspected flow's SPI has jumped. */
export function restart(state: usize, direction: i32, place: i32, sequence: u32): void {
  setRises(state, direction, place, 0);
  setSequence(state, direction, place, sequence);
}

/** A packet of a suspected flow is like the one before it, or in clear: what its SPI has risen counts no more. */
export function stopRise(state: usize, direction: i32, place: i32): Verdict {
  if (place >= 0) setRises(state, direction, place, 0);
  return Verdict.SUSPECTED;
}

/** False where a new SPI shows that these are no SPIs, in a flow that is not suspected. */
export function hasRoom(state: usize, direction: i32, isCareful: bool): bool {
  const taken = placesTaken(tableOf(state, direction), PLACES);
  let unrisen = 0;
  for (let place = 0; place < taken; place++) {
    if (risesOf(state, direction, place) == 0) unrisen++;
  }
  if (isCareful && unrisen > UNRISEN_LIMIT) return false;
  return taken < PLACES || unrisen == 0;
}

/** Gives a new SPI a place, that of the SPI which rose least where none is free; returns it. */
export function take(state: usize, direction: i32, spi: u32, sequence: u32): i32 {
  const table = tableOf(state, direction);
  const taken = placesTaken(table, PLACES);
  let place = taken;
  if (taken == PLACES) {
    place = 0;
    for (let other = 1; other < PLACES; other++) {
      if (risesOf(state, direction, other) < risesOf(state, direction, place)) place = other;
    }
  }
  putSpi(table, place, spi, sequence);
  setRises(state, direction, place, 0);
  return place;
}

/** True where the number is a small step above that of another SPI of the direction: one counter for all of them. */
export function continuesAnother(state: usize, direction: i32, place: i32, sequence: u32, limit: i32): bool {
  const table = tableOf(state, direction);
  const taken = placesTaken(table, PLACES);
  for (let other = 0; other < taken; other++) {
    const step = <i32>(sequence - sequenceAt(table, other));
    if (other != place && step > 0 && step <= limit) return true;
  }
  return false;
}

/**
 * The most that an SPI of the direction has risen, less where more is asked for: from number `high` on, and in cut
 * packets.
 */
export function mostRises(state: usize, direction: i32, high: u32): i32 {
  const isCut = hasAny(state, Flag.CUT);
  let most = 0;
  for (let place = 0; place < PLACES; place++) {
    const extra = isCut || lastSequence(state, direction, place) >= high ? CAREFUL_EXTRA : 0;
    most = max(most, risesOf(state, direction, place) - extra);
  }
  return most;
}

/** The most that an SPI of the direction has risen whose number is below `high`. */
export function mostPlainRises(state: usize, direction: i32, high: u32): i32 {
  let most = 0;
  for (let place = 0; place < PLACES; place++) {
    if (lastSequence(state, direction, place) < high) most = max(most, risesOf(state, direction, place));
  }
  return most;
}

export function hasFreshWord(state: usize, direction: i32): bool {
  return hasAny(state, Flag.HAS_FRESH << direction);
}

export function lastFreshWord(state: usize, direction: i32): u32 {
  return unsignedWordAt(state, FRESH + direction);
}

export function setFreshWord(state: usize, direction: i32, word: u32): void {
  setBits(state, FLAGS, Flag.HAS_FRESH << direction);
  putWord(state, FRESH + direction, word);
}
