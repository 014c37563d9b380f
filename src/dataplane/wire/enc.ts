/**
 * OpenBSD's and FreeBSD's enc(4) interface (LINKTYPE_ENC), where IPsec packets show before or after their encryption: address family 4
 * in the byte order of the machine that captured, SPI 4, flags 4, then an IP packet. Both byte orders are accepted, as in loopback.ts.
 *
 * After check says OK the header lies inside the captured bytes, and the family begins it.
 */
import { DecodeStatus } from '../host/decode-status.ts';

export const ENC_LENGTH = 12;

export function checkEnc(at: number, end: number): DecodeStatus {
  return at + ENC_LENGTH <= end ? DecodeStatus.OK : DecodeStatus.TRUNCATED_LINK;
}
