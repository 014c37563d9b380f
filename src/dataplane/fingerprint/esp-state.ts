/**
 * What the fingerprint of ESP in UDP keeps of a flow: the SPIs of each direction with their sequence numbers, how often each rose,
 * and four bytes of the last packet that no other packet has.
 *
 * A place of an SPI that has not risen is held for its next packet. Random numbers in an SPI's place would fill the places at once:
 * then, before a suspicion, the flow is no ESP.
 */
import { placeOf, placesTaken, putSpi, sequenceAt, SPI_WORDS } from './spi-table.ts';
import { StateWord } from './verdict.ts';
import { Verdict } from '../host/verdict.ts';

/** SPIs followed in each direction: a tunnel has two while it renews its keys. */
const PLACES = 4;
/** SPIs that have not risen yet, at most, where one more comes with a number that other protocols have too. */
const UNRISEN_LIMIT = 1;
/** Rises that a high sequence number, or a packet that was cut, needs beyond those that others need. */
const CAREFUL_EXTRA = 3;
const MOST_RISES = 255;
/** The upper four bits of all SPIs that strongSwan draws. */
const STRONGSWAN_SPIS = 0xc;

const Word = {
  FLAGS: StateWord.OWN,
  /** Per direction, a byte for each place. */
  RISES: StateWord.OWN + 1,
  /** Per direction, the last packet's own four bytes. */
  FRESH: StateWord.OWN + 3,
  SPIS: StateWord.OWN + 5,
} as const;

/** HAS_FRESH is for direction 0; the bit above for direction 1. */
const Flag = { SUSPECTED: 1, SHARED: 2, CUT: 4, HAS_FRESH: 8, CLOSE: 32 } as const;

type Direction = 0 | 1;

function tableAt(at: number, direction: Direction): number {
  return at + Word.SPIS + direction * PLACES * SPI_WORDS;
}

export function isSuspected(words: Int32Array, at: number): boolean {
  return (words[at + Word.FLAGS]! & Flag.SUSPECTED) !== 0;
}

export function noteSuspected(words: Int32Array, at: number): void {
  words[at + Word.FLAGS]! |= Flag.SUSPECTED;
}

/**
 * True where an SPI of a direction is close to one of the other: SPIs that two hosts draw at random share their first byte once in 256 times, and two
 * bytes once in 65,536. strongSwan's share their first four bits (0xc), so there the two bytes count.
 */
export function hasCloseSpi(words: Int32Array, at: number, direction: Direction, spi: number): boolean {
  const table = tableAt(at, direction);
  const bits = spi >>> 28 === STRONGSWAN_SPIS ? 16 : 24;
  const taken = placesTaken(words, table, PLACES);
  for (let place = 0; place < taken; place++) if ((words[table + place * SPI_WORDS]! ^ spi) >>> bits === 0) return true;
  return false;
}

/** SPIs of both sides are close: after that only an inner packet in clear confirms. */
export function noteClose(words: Int32Array, at: number): void {
  words[at + Word.FLAGS]! |= Flag.CLOSE;
}

export function isClose(words: Int32Array, at: number): boolean {
  return (words[at + Word.FLAGS]! & Flag.CLOSE) !== 0;
}

/** One SPI came from both sides: after that nothing is confirmed. */
export function noteShared(words: Int32Array, at: number): void {
  words[at + Word.FLAGS]! |= Flag.SHARED;
}

/** A snap length has cut a packet so short that nothing is confirmed after it. */
export function noteCut(words: Int32Array, at: number): void {
  words[at + Word.FLAGS]! |= Flag.CUT;
}

export function mayConfirm(words: Int32Array, at: number): boolean {
  return (words[at + Word.FLAGS]! & (Flag.SHARED | Flag.CUT)) === 0;
}

/** Place of an SPI in a direction, -1 where it has none. */
export function placeFor(words: Int32Array, at: number, direction: Direction, spi: number): number {
  return placeOf(words, tableAt(at, direction), PLACES, spi);
}

export function lastSequence(words: Int32Array, at: number, direction: Direction, place: number): number {
  return sequenceAt(words, tableAt(at, direction), place);
}

export function setSequence(
  words: Int32Array,
  at: number,
  direction: Direction,
  place: number,
  sequence: number,
): void {
  words[tableAt(at, direction) + place * SPI_WORDS + 1] = sequence;
}

function risesOf(words: Int32Array, at: number, direction: Direction, place: number): number {
  return (words[at + Word.RISES + direction]! >>> (8 * place)) & 255;
}

function setRises(words: Int32Array, at: number, direction: Direction, place: number, rises: number): void {
  const word = at + Word.RISES + direction;
  words[word] = (words[word]! & ~(255 << (8 * place))) | (rises << (8 * place));
}

export function addRise(words: Int32Array, at: number, direction: Direction, place: number): void {
  const rises = risesOf(words, at, direction, place);
  if (rises < MOST_RISES) setRises(words, at, direction, place, rises + 1);
}

/** A number has left others out where that is a sign against it: numbers that rise by one now and then must not add up. */
export function takeRise(words: Int32Array, at: number, direction: Direction, place: number): void {
  const rises = risesOf(words, at, direction, place);
  if (rises > 0) setRises(words, at, direction, place, rises - 1);
}

/** The sequence number of a suspected flow's SPI has jumped. */
export function restart(words: Int32Array, at: number, direction: Direction, place: number, sequence: number): void {
  setRises(words, at, direction, place, 0);
  setSequence(words, at, direction, place, sequence);
}

/** A packet of a suspected flow is like the one before it, or in clear: what its SPI has risen counts no more. */
export function stopRise(words: Int32Array, at: number, direction: Direction, place: number): Verdict {
  if (place >= 0) setRises(words, at, direction, place, 0);
  return Verdict.SUSPECTED;
}

/** False where a new SPI shows that these are no SPIs, in a flow that is not suspected. */
export function hasRoom(words: Int32Array, at: number, direction: Direction, isCareful: boolean): boolean {
  const taken = placesTaken(words, tableAt(at, direction), PLACES);
  let unrisen = 0;
  for (let place = 0; place < taken; place++) {
    if (risesOf(words, at, direction, place) === 0) unrisen++;
  }
  if (isCareful && unrisen > UNRISEN_LIMIT) return false;
  return taken < PLACES || unrisen === 0;
}

/** Gives a new SPI a place, that of the SPI which rose least where none is free; returns it. */
export function take(words: Int32Array, at: number, direction: Direction, spi: number, sequence: number): number {
  const table = tableAt(at, direction);
  const taken = placesTaken(words, table, PLACES);
  let place = taken;
  if (taken === PLACES) {
    place = 0;
    for (let other = 1; other < PLACES; other++) {
      if (risesOf(words, at, direction, other) < risesOf(words, at, direction, place)) place = other;
    }
  }
  putSpi(words, table, place, spi, sequence);
  setRises(words, at, direction, place, 0);
  return place;
}

/** True where the number is a small step above that of another SPI of the direction: one counter for all of them. */
export function continuesAnother(
  words: Int32Array,
  at: number,
  direction: Direction,
  place: number,
  sequence: number,
  limit: number,
): boolean {
  const table = tableAt(at, direction);
  const taken = placesTaken(words, table, PLACES);
  for (let other = 0; other < taken; other++) {
    const step = (sequence - sequenceAt(words, table, other)) | 0;
    if (other !== place && step > 0 && step <= limit) return true;
  }
  return false;
}

/** The most that an SPI of the direction has risen, less where more is asked for: from number `high` on, and of cut packets. */
export function mostRises(words: Int32Array, at: number, direction: Direction, high: number): number {
  const isCut = (words[at + Word.FLAGS]! & Flag.CUT) !== 0;
  let most = 0;
  for (let place = 0; place < PLACES; place++) {
    const extra = isCut || lastSequence(words, at, direction, place) >>> 0 >= high ? CAREFUL_EXTRA : 0;
    most = Math.max(most, risesOf(words, at, direction, place) - extra);
  }
  return most;
}

/** The most that an SPI of the direction has risen whose number is below `high`. */
export function mostPlainRises(words: Int32Array, at: number, direction: Direction, high: number): number {
  let most = 0;
  for (let place = 0; place < PLACES; place++) {
    if (lastSequence(words, at, direction, place) >>> 0 < high)
      most = Math.max(most, risesOf(words, at, direction, place));
  }
  return most;
}

export function hasFreshWord(words: Int32Array, at: number, direction: Direction): boolean {
  return (words[at + Word.FLAGS]! & (Flag.HAS_FRESH << direction)) !== 0;
}

export function lastFreshWord(words: Int32Array, at: number, direction: Direction): number {
  return words[at + Word.FRESH + direction]!;
}

export function setFreshWord(words: Int32Array, at: number, direction: Direction, word: number): void {
  words[at + Word.FLAGS]! |= Flag.HAS_FRESH << direction;
  words[at + Word.FRESH + direction] = word;
}
