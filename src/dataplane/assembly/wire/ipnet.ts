/**
 * Solaris's ipnet devices (LINKTYPE_IPNET): version 1, address family 1, hook 2, length 4 of the packet after this
 * header, interface 4, group interface 4, source zone 4, destination zone 4; big-endian. Then an IP packet.
 *
 * After check says OK no accessor reads outside the header.
 */
import { byteAt, u32be } from '../memory';
import { DecodeStatus } from './decode-status';

const FAMILY: i32 = 1;
const PACKET_LENGTH: i32 = 4;
const SMALLEST_LENGTH: i32 = 24;

const SOLARIS_INET: u32 = 2;
const SOLARIS_INET6: u32 = 26;

/** `wireEnd` is where the frame ended on the wire. */
export function checkIpnet(at: usize, end: usize, wireEnd: usize): DecodeStatus {
  if (<i32>(end - at) < SMALLEST_LENGTH) return DecodeStatus.TRUNCATED_LINK;
  const packetLength = u32be(at + PACKET_LENGTH);
  const rest = <u32>(wireEnd - at) - SMALLEST_LENGTH;
  if (packetLength > rest) return DecodeStatus.MALFORMED_LINK;
  return ipnetLength(at, wireEnd) <= <i32>(end - at) ? DecodeStatus.OK : DecodeStatus.TRUNCATED_LINK;
}

/** Bytes of the header: what the frame has beside its packet. After check has said OK. */
export function ipnetLength(at: usize, wireEnd: usize): i32 {
  return <i32>(<u32>(wireEnd - at) - u32be(at + PACKET_LENGTH));
}

/** 4 or 6, or 0 for any other family. */
export function ipnetIpVersion(at: usize): i32 {
  const family = byteAt(at + FAMILY);
  if (family == SOLARIS_INET) return 4;
  return family == SOLARIS_INET6 ? 6 : 0;
}
