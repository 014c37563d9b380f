/**
 * SPIs of one direction in the words of a state block, each with the last sequence number that it came with: two words for each.
 * An SPI is never zero on the wire, so a zero word is a free place.
 */

/** Words of one place. */
export const SPI_WORDS = 2;

/** Index of the place of an SPI among the `places` from word `at` on; -1 where it has none. */
export function placeOf(state: Int32Array, at: number, places: number, spi: number): number {
  for (let place = 0; place < places; place++) {
    if (state[at + place * SPI_WORDS] === spi) return place;
  }
  return -1;
}

/** How many of the places are taken: they are taken in their order. */
export function placesTaken(state: Int32Array, at: number, places: number): number {
  let taken = 0;
  while (taken < places && state[at + taken * SPI_WORDS] !== 0) taken++;
  return taken;
}

/** The sequence number of a place. */
export function sequenceAt(state: Int32Array, at: number, place: number): number {
  return state[at + place * SPI_WORDS + 1]!;
}

export function putSpi(state: Int32Array, at: number, place: number, spi: number, sequence: number): void {
  state[at + place * SPI_WORDS] = spi;
  state[at + place * SPI_WORDS + 1] = sequence;
}
