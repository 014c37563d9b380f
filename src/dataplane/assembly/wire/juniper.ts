/**
 * Frames of Juniper routers with what they note of them (LINKTYPE_JUNIPER_ETHER): "MGC", flags 1; with flag 0x80 the
 * length 2 of extensions and these. Then an Ethernet frame, or, with flag 0x02, the number 4 of a protocol,
 * little-endian, and its packet. JUNOS before 7 writes no magic and no flags: the Ethernet frame begins at once.
 *
 * After check says OK no accessor reads outside the header.
 */
import { byteAt, u16be, u32be, u32le } from '../memory';
import { DecodeStatus } from './decode-status';

const MAGIC: u32 = 0x4d4743;
const FLAGS: i32 = 3;
const EXTENSIONS_LENGTH: i32 = 4;
const SHORT_LENGTH: i32 = 4;
const LONG_LENGTH: i32 = 6;
const PROTOCOL_LENGTH: i32 = 4;

const FLAG_NO_LINK: i32 = 0x02;
const FLAG_EXTENSIONS: i32 = 0x80;

/**
 * Protocols of frames without a link layer, as far as they lead to IP: IP, IP that was in MPLS, MPLS and what will be
 * in MPLS.
 */
export enum JuniperProtocol {
  IPV4 = 2,
  MPLS_IPV4 = 3,
  IPV4_MPLS = 4,
  MPLS = 5,
  IPV6 = 6,
  MPLS_IPV6 = 7,
  IPV6_MPLS = 8,
}

export function checkJuniper(at: usize, end: usize): DecodeStatus {
  if (<i32>(end - at) < SHORT_LENGTH) return DecodeStatus.TRUNCATED_LINK;
  if (!hasMagic(at)) return DecodeStatus.OK;
  if (hasExtensions(at) && <i32>(end - at) < LONG_LENGTH) return DecodeStatus.TRUNCATED_LINK;
  return <i32>(end - at) >= juniperLength(at) ? DecodeStatus.OK : DecodeStatus.TRUNCATED_LINK;
}

/** Bytes before the Ethernet frame, or before the packet where there is none. */
export function juniperLength(at: usize): i32 {
  return headerLength(at) + (juniperHasNoLink(at) ? PROTOCOL_LENGTH : 0);
}

/** True where there is a protocol's number instead of an Ethernet header. */
export function juniperHasNoLink(at: usize): bool {
  return hasMagic(at) && (byteAt(at + FLAGS) & FLAG_NO_LINK) != 0;
}

/** Only where `juniperHasNoLink`. */
export function juniperProtocol(at: usize): u32 {
  return u32le(at + headerLength(at));
}

function headerLength(at: usize): i32 {
  if (!hasMagic(at)) return 0;
  return hasExtensions(at) ? LONG_LENGTH + <i32>u16be(at + EXTENSIONS_LENGTH) : SHORT_LENGTH;
}

function hasMagic(at: usize): bool {
  return u32be(at) >> 8 == MAGIC;
}

function hasExtensions(at: usize): bool {
  return (byteAt(at + FLAGS) & FLAG_EXTENSIONS) != 0;
}
