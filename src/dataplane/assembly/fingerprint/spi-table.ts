/**
 * SPIs of one direction in the words of a state block, each with the last sequence number that it came with: two words
 * for each. An SPI is never zero on the wire, so a zero word is a free place. `table` is the address of the first word.
 */
import { putWord, unsignedWordAt } from './words';

/** Words of one place. */
export const SPI_WORDS: i32 = 2;

/** Index of the place of an SPI among the `places`; -1 where it has none. */
export function placeOf(table: usize, places: i32, spi: u32): i32 {
  for (let place = 0; place < places; place++) {
    if (spiAt(table, place) == spi) return place;
  }
  return -1;
}

/** How many of the places are taken: they are taken in their order. */
export function placesTaken(table: usize, places: i32): i32 {
  let taken = 0;
  while (taken < places && spiAt(table, taken) != 0) taken++;
  return taken;
}

export function spiAt(table: usize, place: i32): u32 {
  return unsignedWordAt(table, place * SPI_WORDS);
}

/** The sequence number of a place. */
export function sequenceAt(table: usize, place: i32): u32 {
  return unsignedWordAt(table, place * SPI_WORDS + 1);
}

export function putSequence(table: usize, place: i32, sequence: u32): void {
  putWord(table, place * SPI_WORDS + 1, sequence);
}

export function putSpi(table: usize, place: i32, spi: u32, sequence: u32): void {
  putWord(table, place * SPI_WORDS, spi);
  putSequence(table, place, sequence);
}
