/**
 * Cisco HDLC (LINKTYPE_C_HDLC): address 1 (0x0f unicast, 0x8f multicast), control 1 (zero), ethertype 2.
 *
 * After check says OK the accessor does not read outside the header.
 */
import { DecodeStatus } from '../host/decode-status.ts';

export const CISCO_HDLC_LENGTH = 4;

export function checkCiscoHdlc(data: DataView, at: number, end: number): DecodeStatus {
  if (at + CISCO_HDLC_LENGTH > end) return DecodeStatus.TRUNCATED_LINK;
  const address = data.getUint8(at);
  return address === 0x0f || address === 0x8f ? DecodeStatus.OK : DecodeStatus.UNSUPPORTED_FRAME;
}

export function ciscoHdlcType(data: DataView, at: number): number {
  return data.getUint16(at + 2);
}
