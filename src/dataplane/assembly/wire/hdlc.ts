/**
 * Cisco HDLC (LINKTYPE_C_HDLC): address 1 (0x0f unicast, 0x8f multicast), control 1 (zero), ethertype 2.
 *
 * After check says OK the accessor does not read outside the header.
 */
import { byteAt, u16be } from '../memory';
import { DecodeStatus } from './decode-status';

export const CISCO_HDLC_LENGTH: i32 = 4;

export function checkCiscoHdlc(at: usize, end: usize): DecodeStatus {
  if (<i32>(end - at) < CISCO_HDLC_LENGTH) return DecodeStatus.TRUNCATED_LINK;
  const address = byteAt(at);
  return address == 0x0f || address == 0x8f ? DecodeStatus.OK : DecodeStatus.UNSUPPORTED_FRAME;
}

export function ciscoHdlcType(at: usize): i32 {
  return u16be(at + 2);
}
