/**
 * pcapng time stamps: 64 bits in units of the interface's if_tsresol, as two 32-bit halves, to whole microseconds.
 * draft-ietf-opsawg-pcapng, section 4.2 (if_tsresol, if_tsoffset). No BigInt: it allocates. Finer units are cut off,
 * not rounded. Exact for decimal resolutions of 10^0 to 10^-12 and binary ones of 2^0 to 2^-32; beyond, within a microsecond.
 */

/** Resolution where the interface names none: microseconds. */
export const DEFAULT_RESOLUTION = 6;
/** Flag in if_tsresol: the rest is a power of two, not of ten. */
const BINARY_FLAG = 0x80;
const TWO_TO_32 = 0x1_0000_0000;

/** Microseconds of the stamp (high, low) in units of `resolution`, an if_tsresol byte. Finite and >= 0. */
export function stampToMicros(high: number, low: number, resolution: number): number {
  if (resolution === 6) return high * TWO_TO_32 + low;
  if (resolution === 9) return divideStamp(high, low, 1000);
  if ((resolution & BINARY_FLAG) !== 0) return binaryToMicros(high, low, resolution & ~BINARY_FLAG);
  if (resolution < 6) return (high * TWO_TO_32 + low) * 10 ** (6 - resolution);
  return divideStamp(high, low, 10 ** (resolution - 6));
}

/** Long division in base 2^32: exact while `divisor` < 2^21, as every intermediate stays below 2^53. */
function divideStamp(high: number, low: number, divisor: number): number {
  const quotient = Math.floor(high / divisor);
  return quotient * TWO_TO_32 + Math.floor(((high - quotient * divisor) * TWO_TO_32 + low) / divisor);
}

/** Units of 2^-exponent seconds: whole seconds and the fraction apart, so that each product stays exact. */
function binaryToMicros(high: number, low: number, exponent: number): number {
  const unitsInHigh = 2 ** (exponent - 32);
  if (exponent > 32) {
    const seconds = Math.floor(high / unitsInHigh);
    const rest = high - seconds * unitsInHigh + low / TWO_TO_32;
    return seconds * 1_000_000 + Math.floor((rest * 1_000_000) / unitsInHigh);
  }
  const unitsPerSecond = 2 ** exponent;
  const seconds = Math.floor(low / unitsPerSecond);
  const rest = low - seconds * unitsPerSecond;
  return (high / unitsInHigh + seconds) * 1_000_000 + Math.floor((rest * 1_000_000) / unitsPerSecond);
}

/** Microseconds of if_tsoffset: signed 64-bit seconds in two halves. */
export function offsetToMicros(high: number, low: number): number {
  return ((high | 0) * TWO_TO_32 + low) * 1_000_000;
}
