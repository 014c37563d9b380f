/**
 * Whether octets look like ciphertext. Protocols in clear (text, ASN.1, structures with zeros, counters) repeat octets or
 * steps; keys, tags and ciphertext do not. The test is deliberately coarse: ciphertext fails it
 * about once in 100,000 samples of 24 octets, and more rarely the more there are.
 */

/** Fewer octets than this say nothing. */
export const SMALLEST_SAMPLE = 16;

/** More octets than this add nothing: the sample is cut here. */
const LARGEST_SAMPLE = 96;

/** Bit sets over octet values, reused; the data plane is single-threaded per module instance. */
const seen = new Uint32Array(8);

/**
 * True when the octets [at, at + length) could be ciphertext: about as many distinct values as chance gives, and not
 * evenly stepped. `length` must be at least SMALLEST_SAMPLE, else the answer is false.
 */
export function looksRandom(data: DataView, at: number, length: number): boolean {
  if (length < SMALLEST_SAMPLE) return false;
  const sample = Math.min(length, LARGEST_SAMPLE);
  seen.fill(0);
  let distinct = 0;
  let evenSteps = 0;
  let previous = -1;
  let previousStep = -1;
  for (let i = at; i < at + sample; i++) {
    const octet = data.getUint8(i);
    const bit = 1 << (octet & 31);
    if ((seen[octet >> 5]! & bit) === 0) {
      seen[octet >> 5]! |= bit;
      distinct++;
    }
    if (previous >= 0) {
      const step = (octet - previous) & 255;
      if (step === previousStep) evenSteps++;
      previousStep = step;
    }
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
