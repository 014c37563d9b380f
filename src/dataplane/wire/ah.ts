/**
 * AH: RFC 4302 section 2: next header 1, length 1 (in words, less two), reserved 2 (zero), SPI 4, sequence 4, check value.
 *
 * After check says OK the fixed twelve bytes lie inside the captured bytes, the reserved field is zero, the SPI is not
 * zero and the length is that of a header with a check value.
 */
import { DecodeStatus } from '../host/decode-status.ts';

const NEXT_HEADER = 0;
const LENGTH = 1;
const RESERVED = 2;
const SPI = 4;
const SEQUENCE = 8;
const FIXED_LENGTH = 12;
const SMALLEST_CHECK_VALUE = 4;

export function checkAh(data: DataView, at: number, end: number): DecodeStatus {
  if (at + FIXED_LENGTH > end) return DecodeStatus.TRUNCATED_AH;
  const sane =
    data.getUint16(at + RESERVED) === 0 &&
    data.getUint32(at + SPI) !== 0 &&
    ahLength(data, at) >= FIXED_LENGTH + SMALLEST_CHECK_VALUE;
  return sane ? DecodeStatus.OK : DecodeStatus.MALFORMED_AH;
}

export function ahNextHeader(data: DataView, at: number): number {
  return data.getUint8(at + NEXT_HEADER);
}

/** Bytes of the header with its check value. */
export function ahLength(data: DataView, at: number): number {
  return (data.getUint8(at + LENGTH) + 2) * 4;
}

export function ahSpi(data: DataView, at: number): number {
  return data.getUint32(at + SPI);
}

export function ahSequence(data: DataView, at: number): number {
  return data.getUint32(at + SEQUENCE);
}
