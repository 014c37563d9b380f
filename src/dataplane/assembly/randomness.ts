/**
 * Whether bytes look like ciphertext. Protocols in clear (text, ASN.1, structures with zeros, counters) repeat bytes or
 * steps; keys, tags and ciphertext do not. The test is deliberately coarse: ciphertext fails it
 * about once in 100,000 samples of 24 bytes, and more rarely the more there are.
 */
import { byteAt, takeRegion, zeroBytes } from './memory';

/** Fewer bytes than this say nothing. */
export const SMALLEST_SAMPLE: i32 = 16;

/** More bytes than this add nothing: the sample is cut here. */
const LARGEST_SAMPLE: i32 = 96;

const LAST_SAMPLE: u32 = 255;
/** The first byte has no step. */
const NO_STEP: u32 = 256;

/**
 * For each byte value, the number of the sample that it was last seen in: there is nothing to clear but once in
 * LAST_SAMPLE samples.
 */
@final
class SeenValues {
  readonly table: usize = takeRegion(256);
  private number: u32 = 0;

  /** Number of a new sample, which no value of the table has. */
  next(): u32 {
    if (this.number == LAST_SAMPLE) {
      zeroBytes(this.table, 256);
      this.number = 0;
    }
    return ++this.number;
  }
}

const seenValues = new SeenValues();

/** True when `length` bytes from `at`, at least SMALLEST_SAMPLE, could be ciphertext. */
export function looksRandom(at: usize, length: i32): bool {
  return seemsRandom(at, length, SMALLEST_SAMPLE);
}

/**
 * True when the `length` bytes from `at` could be ciphertext: about as many distinct values as chance gives, and not
 * evenly stepped. `length` must be at least `smallest`, else the answer is false: less than SMALLEST_SAMPLE is asked
 * for only where other signs carry most of the weight.
 */
export function seemsRandom(at: usize, length: i32, smallest: i32): bool {
  if (length < smallest) return false;
  const sample = min(length, LARGEST_SAMPLE);
  const number = seenValues.next();
  const seenIn = seenValues.table;
  const wanted = smallestDistinct(sample);
  const end = at + sample;
  let previous = byteAt(at);
  store<u8>(seenIn + previous, number);
  let distinct = 1;
  let evenSteps = 0;
  let previousStep = NO_STEP;
  let next = at + 1;
  // Random bytes have enough distinct values after half of the sample. The count has no branch on whether a value is
  // new, because the processor could not predict it.
  for (; next < end && distinct < wanted; next++) {
    const byte = byteAt(next);
    distinct += i32(load<u8>(seenIn + byte) != number);
    store<u8>(seenIn + byte, number);
    const step = (byte - previous) & 255;
    evenSteps += i32(step == previousStep);
    previousStep = step;
    previous = byte;
  }
  if (distinct < wanted) return false;
  for (; next < end; next++) {
    const byte = byteAt(next);
    const step = (byte - previous) & 255;
    evenSteps += i32(step == previousStep);
    previousStep = step;
    previous = byte;
  }
  return evenSteps <= 2 + (sample >> 4);
}

/**
 * Chance gives 256 (1 - (255/256)^n) distinct values of n bytes: 15.5 of 16, 30.1 of 32, 56.7 of 64, 80.1 of 96. The
 * bound (11 of 16, 23 of 32, 40 of 64, 46 of 96) lies five or more standard deviations lower.
 */
function smallestDistinct(sample: i32): i32 {
  return sample - 4 - (sample * sample) / 200;
}
