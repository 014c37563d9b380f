/**
 * ESP: RFC 4303 section 2: SPI 4, sequence 4, then ciphertext and check value. SPI 0 never goes on the wire (section 2.1); over
 * UDP (RFC 3948) four zero bytes mark IKE instead. SPIs 1 to 255 are reserved, but manual keying uses them.
 *
 * After check says OK SPI and sequence lie inside the captured bytes, and the SPI is not zero.
 */
import { DecodeStatus } from '../host/decode-status.ts';

const SPI = 0;
const SEQUENCE = 4;
export const ESP_HEADER_LENGTH = 8;
/** Smaller ones are reserved by IANA: no key exchange hands them out. */
export const SMALLEST_NEGOTIATED_SPI = 256;

export function checkEsp(data: DataView, at: number, end: number): DecodeStatus {
  if (at + ESP_HEADER_LENGTH > end) return DecodeStatus.TRUNCATED_ESP;
  return data.getUint32(at + SPI) === 0 ? DecodeStatus.MALFORMED_ESP : DecodeStatus.OK;
}

export function espSpi(data: DataView, at: number): number {
  return data.getUint32(at + SPI);
}

export function espSequence(data: DataView, at: number): number {
  return data.getUint32(at + SEQUENCE);
}
