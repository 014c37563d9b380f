/**
 * Whether octets look like ciphertext. Protocols in clear (text, ASN.1, structures with zeros, counters) repeat octets or
 * steps; keys, tags and ciphertext do not. The test is deliberately coarse: ciphertext fails it
 * about once in 100,000 samples of 24 octets, and more rarely the more there are.
 */

/** Fewer octets than this say nothing. */
export const SMALLEST_SAMPLE = 16;

/** More octets than this add nothing: the sample is cut here. */
const LARGEST_SAMPLE = 96;

/** For each octet value, the sample that it was last seen in: nothing to clear. The data plane is single-threaded per module instance. */
const seenIn = new Int32Array(256);
const LAST_SAMPLE = 0x7fffffff;
let sampleNumber = 0;

/**
 * True when the octets [at, at + length) could be ciphertext: about as many distinct values as chance gives, and not
 * evenly stepped. `length` must be at least SMALLEST_SAMPLE, else the answer is false.
 */
export function looksRandom(data: DataView, at: number, length: number): boolean {
  if (length < SMALLEST_SAMPLE) return false;
  const sample = Math.min(length, LARGEST_SAMPLE);
  if (sampleNumber === LAST_SAMPLE) {
    seenIn.fill(0);
    sampleNumber = 0;
  }
  const number = ++sampleNumber;
  let distinct = 0;
  let evenSteps = 0;
  let previous = -1;
  let previousStep = -1;
  for (let i = at; i < at + sample; i++) {
    const octet = data.getUint8(i);
    if (seenIn[octet] !== number) {
      seenIn[octet] = number;
      distinct++;
    }
    // The first octet has no step: of the first two steps neither is even.
    const step = (octet - previous) & 255;
    if (step === previousStep) evenSteps++;
    previousStep = i === at ? -1 : step;
    previous = octet;
  }
  return distinct >= smallestDistinct(sample) && evenSteps <= 2 + (sample >> 4);
}

/**
 * Chance gives 256 (1 - (255/256)^n) distinct values of n octets: 15.5 of 16, 30.1 of 32, 56.7 of 64, 80.1 of 96. The bound
 * (11 of 16, 23 of 32, 40 of 64, 46 of 96) lies five or more standard deviations lower.
 */
function smallestDistinct(sample: number): number {
  return sample - 4 - Math.floor((sample * sample) / 200);
}
