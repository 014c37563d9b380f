/**
 * Linux netfilter log (LINKTYPE_NFLOG): address family 1, version 1, resource id 2, then attributes of length 2 (which
 * counts these four bytes), 2 and value, each padded to four bytes; linux/netfilter/nfnetlink_log.h. Length and type
 * are in the byte order of the machine that captured. Types are small, so the order shows in the first attribute. The
 * packet is the value of NFULA_PAYLOAD and begins with its network header.
 *
 * The functions check their bounds themselves.
 */
import { byteAt, u16be, u16le } from '../memory';

const FAMILY: i32 = 0;
const ATTRIBUTES: i32 = 4;
const ATTRIBUTE_HEADER_LENGTH: i32 = 4;
/** The type's upper bits are flags (NLA_F_NESTED, NLA_F_NET_BYTEORDER). */
const TYPE_MASK: i32 = 0x3fff;
const PACKET_HEADER: i32 = 1;
const PAYLOAD: i32 = 9;

/** Linux address families. Packets of other ones (bridge, netdev) have their ethertype in an attribute. */
export enum NflogFamily {
  IPV4 = 2,
  IPV6 = 10,
}

/** Address family of the packet; there must be a byte at `at`. */
export function nflogFamily(at: usize): i32 {
  return byteAt(at + FAMILY);
}

/** Bytes before the packet, 0 where the attributes are cut before it, -1 where they hold none. */
export function nflogPayload(at: usize, end: usize): i32 {
  const found = attributeOf(at, end, PAYLOAD);
  return found <= 0 ? found : found + ATTRIBUTE_HEADER_LENGTH;
}

/** Bytes that the packet at offset `payload` had when it was logged, as its attribute says. */
export function nflogPayloadLength(at: usize, payload: i32): i32 {
  return u16Of(at + payload - ATTRIBUTE_HEADER_LENGTH, isLittleEndian(at)) - ATTRIBUTE_HEADER_LENGTH;
}

/** Ethertype that the kernel noted for the packet (NFULA_PACKET_HDR, in network order), or 0. */
export function nflogEtherType(at: usize, end: usize): i32 {
  const found = attributeOf(at, end, PACKET_HEADER);
  const value = found + ATTRIBUTE_HEADER_LENGTH;
  return found > 0 && value + 2 <= <i32>(end - at) ? u16be(at + value) : 0;
}

/** Offset of the first attribute of a type, 0 where they are cut before it, -1 where there is none. */
function attributeOf(at: usize, end: usize, type: i32): i32 {
  const captured = <i32>(end - at);
  if (captured < ATTRIBUTES + ATTRIBUTE_HEADER_LENGTH) return 0;
  const littleEndian = isLittleEndian(at);
  for (let attribute = ATTRIBUTES; attribute < captured;) {
    if (attribute + ATTRIBUTE_HEADER_LENGTH > captured) return 0;
    const length = u16Of(at + attribute, littleEndian);
    if (length < ATTRIBUTE_HEADER_LENGTH) return -1;
    if ((u16Of(at + attribute + 2, littleEndian) & TYPE_MASK) == type) return attribute;
    attribute += (length + 3) & ~3;
  }
  return -1;
}

function u16Of(at: usize, littleEndian: bool): i32 {
  return littleEndian ? u16le(at) : u16be(at);
}

/** The first attribute's type is below 256: one of its two bytes is zero but for flags. */
function isLittleEndian(at: usize): bool {
  return (byteAt(at + ATTRIBUTES + 3) & (TYPE_MASK >> 8)) == 0;
}
