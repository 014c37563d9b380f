/**
 * Solaris's ipnet devices (LINKTYPE_IPNET): version 1, address family 1, hook 2, length 4 of the packet behind this header,
 * interface 4, group interface 4, source zone 4, destination zone 4; big-endian. Then an IP packet.
 *
 * After check says OK no accessor reads outside the header.
 */
import { DecodeStatus } from '../host/decode-status.ts';

const FAMILY = 1;
const PACKET_LENGTH = 4;
const SMALLEST_LENGTH = 24;

const SOLARIS_INET = 2;
const SOLARIS_INET6 = 26;

/** `wireEnd` is where the frame ended on the wire. */
export function checkIpnet(data: DataView, at: number, end: number, wireEnd: number): DecodeStatus {
  if (at + SMALLEST_LENGTH > end) return DecodeStatus.TRUNCATED_LINK;
  const length = ipnetLength(data, at, wireEnd);
  if (length < SMALLEST_LENGTH) return DecodeStatus.MALFORMED_LINK;
  return at + length <= end ? DecodeStatus.OK : DecodeStatus.TRUNCATED_LINK;
}

/** Bytes of the header: what the frame has beside its packet. */
export function ipnetLength(data: DataView, at: number, wireEnd: number): number {
  return wireEnd - at - data.getUint32(at + PACKET_LENGTH);
}

/** 4 or 6, or 0 for any other family. */
export function ipnetIpVersion(data: DataView, at: number): 0 | 4 | 6 {
  const family = data.getUint8(at + FAMILY);
  if (family === SOLARIS_INET) return 4;
  return family === SOLARIS_INET6 ? 6 : 0;
}
