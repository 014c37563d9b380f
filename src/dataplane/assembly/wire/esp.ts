/**
 * ESP: RFC 4303 section 2: SPI 4, sequence 4, then ciphertext and check value. SPI 0 never goes on the wire (section
 * 2.1); over UDP (RFC 3948) four zero bytes mark IKE instead. SPIs 1 to 255 are reserved, but manual keying uses them.
 *
 * After check says OK SPI and sequence lie inside the captured bytes, and the SPI is not zero.
 */
import { u32be } from '../memory';
import { DecodeStatus } from './decode-status';

const SPI: usize = 0;
const SEQUENCE: usize = 4;
export const ESP_HEADER_LENGTH: i32 = 8;
/** Smaller ones are reserved by IANA: no key exchange hands them out. */
export const SMALLEST_NEGOTIATED_SPI: u32 = 256;

export function checkEsp(at: usize, end: usize): DecodeStatus {
  if (at + ESP_HEADER_LENGTH > end) return DecodeStatus.TRUNCATED_ESP;
  return espSpi(at) == 0 ? DecodeStatus.MALFORMED_ESP : DecodeStatus.OK;
}

export function espSpi(at: usize): u32 {
  return u32be(at + SPI);
}

export function espSequence(at: usize): u32 {
  return u32be(at + SEQUENCE);
}
