/**
 * Whether bytes look like ciphertext. Protocols in clear (text, ASN.1, structures with zeros, counters) repeat bytes or
 * steps; keys, tags and ciphertext do not. The test is deliberately coarse: ciphertext fails it
 * about once in 100,000 samples of 24 bytes, and more rarely the more there are.
 */

/** Fewer bytes than this say nothing. */
export const SMALLEST_SAMPLE = 16;

/** More bytes than this add nothing: the sample is cut here. */
const LARGEST_SAMPLE = 96;

/**
 * For each byte value, the sample that it was last seen in: nothing to clear but once in LAST_SAMPLE samples. The data
 * plane is single-threaded per module instance.
 */
const seenIn = new Uint8Array(256);
const LAST_SAMPLE = 255;
let sampleNumber = LAST_SAMPLE;

/**
 * True when the bytes [at, at + length) could be ciphertext: about as many distinct values as chance gives, and not
 * evenly stepped. `length` must be at least `smallest`, else the answer is false: less than SMALLEST_SAMPLE is asked
 * for only where other signs carry most of the weight.
 */
export function looksRandom(data: DataView, at: number, length: number, smallest: number = SMALLEST_SAMPLE): boolean {
  if (length < smallest) return false;
  const sample = length < LARGEST_SAMPLE ? length : LARGEST_SAMPLE;
  if (sampleNumber === LAST_SAMPLE) {
    seenIn.fill(0);
    sampleNumber = 0;
  }
  const number = ++sampleNumber;
  const wanted = smallestDistinct(sample);
  const end = at + sample;
  let previous = data.getUint8(at);
  seenIn[previous] = number;
  let distinct = 1;
  let evenSteps = 0;
  let previousStep = NO_STEP;
  let i = at + 1;
  // Random bytes have enough distinct values after half of the sample. The count has no branch on whether a value is
  // new, because the processor could not predict it.
  for (; i < end && distinct < wanted; i++) {
    const byte = data.getUint8(i);
    distinct += ((seenIn[byte]! ^ number) + 255) >> 8;
    seenIn[byte] = number;
    const step = (byte - previous) & 255;
    if (step === previousStep) evenSteps++;
    previousStep = step;
    previous = byte;
  }
  if (distinct < wanted) return false;
  for (; i < end; i++) {
    const byte = data.getUint8(i);
    const step = (byte - previous) & 255;
    if (step === previousStep) evenSteps++;
    previousStep = step;
    previous = byte;
  }
  return evenSteps <= 2 + (sample >> 4);
}

/** The first byte has none. */
const NO_STEP = 256;

/**
 * Chance gives 256 (1 - (255/256)^n) distinct values of n bytes: 15.5 of 16, 30.1 of 32, 56.7 of 64, 80.1 of 96. The
 * bound (11 of 16, 23 of 32, 40 of 64, 46 of 96) lies five or more standard deviations lower.
 */
function smallestDistinct(sample: number): number {
  return sample - 4 - Math.floor((sample * sample) / 200);
}
