/**
 * AH: RFC 4302 section 2: next header 1, length 1 (in words, less two), reserved 2 (zero), SPI 4, sequence 4, check
 * value.
 *
 * After check says OK the fixed twelve bytes lie inside the captured bytes, the reserved field is zero, the SPI is not
 * zero and the length is that of a header with a check value.
 */
import { byteAt, u16be, u32be } from '../memory';
import { DecodeStatus } from './decode-status';

const NEXT_HEADER: usize = 0;
const LENGTH: usize = 1;
const RESERVED: usize = 2;
const SPI: usize = 4;
const SEQUENCE: usize = 8;
const FIXED_LENGTH: i32 = 12;
const SMALLEST_CHECK_VALUE: i32 = 4;

export function checkAh(at: usize, end: usize): DecodeStatus {
  if (at + FIXED_LENGTH > end) return DecodeStatus.TRUNCATED_AH;
  const isSound = u16be(at + RESERVED) == 0 && ahSpi(at) != 0 && ahLength(at) >= FIXED_LENGTH + SMALLEST_CHECK_VALUE;
  return isSound ? DecodeStatus.OK : DecodeStatus.MALFORMED_AH;
}

/** An IP protocol number. */
export function ahNextHeader(at: usize): i32 {
  return byteAt(at + NEXT_HEADER);
}

/** Bytes of the header with its check value. */
export function ahLength(at: usize): i32 {
  return <i32>(byteAt(at + LENGTH) + 2) * 4;
}

export function ahSpi(at: usize): u32 {
  return u32be(at + SPI);
}

export function ahSequence(at: usize): u32 {
  return u32be(at + SEQUENCE);
}
