/**
 * BSD loopback: LINKTYPE_NULL (address family in the capturing host's byte order) and LINKTYPE_LOOP (in network byte
 * order). Both orders are accepted for both: the families are small numbers, so the order shows.
 *
 * After check says OK the accessor does not read outside the header.
 */
import { DecodeStatus } from '../host/decode-status.ts';

export const LOOPBACK_LENGTH = 4;

export function checkLoopback(at: number, end: number): DecodeStatus {
  return at + LOOPBACK_LENGTH <= end ? DecodeStatus.OK : DecodeStatus.TRUNCATED_LINK;
}

/** 4 or 6 for the IP version that the address family names (each BSD has its own number for IPv6), else 0. */
export function loopbackIpVersion(data: DataView, at: number): 0 | 4 | 6 {
  const bigEndian = data.getUint32(at);
  return bsdIpVersion(bigEndian > 0xffff ? data.getUint32(at, true) : bigEndian);
}

/** 4 or 6 for the IP version of an address family of any BSD or of Linux, else 0. */
export function bsdIpVersion(family: number): 0 | 4 | 6 {
  if (family === 2) return 4;
  if (family === 10 || family === 24 || family === 28 || family === 30) return 6;
  return 0;
}
