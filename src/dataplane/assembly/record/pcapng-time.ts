/**
 * pcapng time stamps: 64 bits in units of the interface's if_tsresol, as two 32-bit halves, to whole microseconds.
 * draft-ietf-opsawg-pcapng, section 4.2 (if_tsresol, if_tsoffset). Finer units are cut off, not rounded. Exact for
 * decimal resolutions of 10^0 to 10^-12 and binary ones of 2^0 to 2^-32; beyond, within a microsecond.
 */

/** Resolution where the interface names none: microseconds. */
export const DEFAULT_RESOLUTION: u32 = 6;
/** Flag in if_tsresol: the rest is a power of two, not of ten. */
const BINARY_FLAG: u32 = 0x80;
const TWO_TO_32: f64 = 4_294_967_296;
const MICROSECONDS: f64 = 1_000_000;

const POWERS_OF_TEN: StaticArray<f64> = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
];
/** A stamp is below 2^64, so in units this many times finer than a microsecond it is below one. */
const LARGEST_DIVISOR: f64 = 1e20;

/** Microseconds of the stamp (high, low) in units of `resolution`, an if_tsresol byte. Finite and >= 0. */
export function stampToMicros(high: u32, low: u32, resolution: u32): f64 {
  const upper = <f64>high;
  const lower = <f64>low;
  if (resolution == 6) return upper * TWO_TO_32 + lower;
  if (resolution == 9) return divideStamp(upper, lower, 1000);
  if ((resolution & BINARY_FLAG) != 0) return binaryToMicros(upper, lower, <i32>(resolution & ~BINARY_FLAG));
  if (resolution < 6) return (upper * TWO_TO_32 + lower) * POWERS_OF_TEN[6 - resolution];
  const exponent = <i32>resolution - 6;
  return divideStamp(upper, lower, exponent < POWERS_OF_TEN.length ? POWERS_OF_TEN[exponent] : LARGEST_DIVISOR);
}

/** Long division in base 2^32: exact while `divisor` < 2^21, as every intermediate stays below 2^53. */
function divideStamp(high: f64, low: f64, divisor: f64): f64 {
  const quotient = floor(high / divisor);
  return quotient * TWO_TO_32 + floor(((high - quotient * divisor) * TWO_TO_32 + low) / divisor);
}

/** Units of 2^-exponent seconds: whole seconds and the fraction apart, so that each product stays exact. */
function binaryToMicros(high: f64, low: f64, exponent: i32): f64 {
  const unitsInHigh = powerOfTwo(exponent - 32);
  if (exponent > 32) {
    const seconds = floor(high / unitsInHigh);
    const rest = high - seconds * unitsInHigh + low / TWO_TO_32;
    return seconds * MICROSECONDS + floor((rest * MICROSECONDS) / unitsInHigh);
  }
  const unitsPerSecond = powerOfTwo(exponent);
  const seconds = floor(low / unitsPerSecond);
  const rest = low - seconds * unitsPerSecond;
  return (high / unitsInHigh + seconds) * MICROSECONDS + floor((rest * MICROSECONDS) / unitsPerSecond);
}

/** 2 to an exponent of -1022 to 1023. */
function powerOfTwo(exponent: i32): f64 {
  return reinterpret<f64>((<u64>(1023 + exponent)) << 52);
}

/** Microseconds of if_tsoffset: signed 64-bit seconds in two halves. */
export function offsetToMicros(high: u32, low: u32): f64 {
  return (<f64>(<i32>high) * TWO_TO_32 + <f64>low) * MICROSECONDS;
}
