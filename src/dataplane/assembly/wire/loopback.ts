/**
 * BSD loopback: LINKTYPE_NULL (address family in the capturing host's byte order) and LINKTYPE_LOOP (in network byte
 * order). Both orders are accepted for both: the families are small numbers, so the order shows.
 *
 * After check says OK the accessor does not read outside the header.
 */
import { u32be, u32le } from '../memory';
import { DecodeStatus } from './decode-status';

export const LOOPBACK_LENGTH: i32 = 4;

export function checkLoopback(at: usize, end: usize): DecodeStatus {
  return <i32>(end - at) >= LOOPBACK_LENGTH ? DecodeStatus.OK : DecodeStatus.TRUNCATED_LINK;
}

/** 4 or 6 for the IP version that the address family names (each BSD has its own number for IPv6), else 0. */
export function loopbackIpVersion(at: usize): i32 {
  const bigEndian = u32be(at);
  return bsdIpVersion(bigEndian > 0xffff ? u32le(at) : bigEndian);
}

/** 4 or 6 for the IP version of an address family of any BSD or of Linux, else 0. */
export function bsdIpVersion(family: u32): i32 {
  if (family == 2) return 4;
  if (family == 10 || family == 24 || family == 28 || family == 30) return 6;
  return 0;
}
