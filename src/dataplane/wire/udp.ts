/**
 * UDP: RFC 768. Checksums are not verified.
 *
 * After check says OK the header lies inside the captured bytes.
 */
import { DecodeStatus } from '../host/decode-status.ts';

const SOURCE_PORT = 0;
const DESTINATION_PORT = 2;
const LENGTH = 4;
export const UDP_LENGTH = 8;

export function checkUdp(data: DataView, at: number, end: number): DecodeStatus {
  if (at + UDP_LENGTH > end) return DecodeStatus.TRUNCATED_UDP;
  return data.getUint16(at + LENGTH) < UDP_LENGTH ? DecodeStatus.MALFORMED_UDP : DecodeStatus.OK;
}

export function udpSourcePort(data: DataView, at: number): number {
  return data.getUint16(at + SOURCE_PORT);
}

export function udpDestinationPort(data: DataView, at: number): number {
  return data.getUint16(at + DESTINATION_PORT);
}

/** Bytes of header and payload. */
export function udpLength(data: DataView, at: number): number {
  return data.getUint16(at + LENGTH);
}
