/**
 * OpenBSD's and FreeBSD's enc(4) interface (LINKTYPE_ENC), where IPsec packets show before or after their encryption:
 * address family 4 in the byte order of the machine that captured, SPI 4, flags 4, then an IP packet. Both byte orders
 * are accepted, as in loopback.ts.
 *
 * After check says OK the header lies inside the captured bytes, and the family begins it.
 */
import { DecodeStatus } from './decode-status';

export const ENC_LENGTH: i32 = 12;

export function checkEnc(at: usize, end: usize): DecodeStatus {
  return <i32>(end - at) >= ENC_LENGTH ? DecodeStatus.OK : DecodeStatus.TRUNCATED_LINK;
}
