/**
 * Linux netfilter log (LINKTYPE_NFLOG): address family 1, version 1, resource id 2, then attributes of length 2 (which counts
 * these four bytes), type 2 and value, each padded to four bytes; linux/netfilter/nfnetlink_log.h. Length and type are in the
 * byte order of the machine that captured. Types are small, so the order shows in the first attribute. The packet is the value
 * of NFULA_PAYLOAD and begins with its network header.
 *
 * The functions check their bounds themselves.
 */

const FAMILY = 0;
const ATTRIBUTES = 4;
const ATTRIBUTE_HEADER_LENGTH = 4;
/** The type's upper bits are flags (NLA_F_NESTED, NLA_F_NET_BYTEORDER). */
const TYPE_MASK = 0x3fff;
const PACKET_HEADER = 1;
const PAYLOAD = 9;

/** Linux address families. Packets of other ones (bridge, netdev) have their ethertype in an attribute. */
export const NflogFamily = { IPV4: 2, IPV6: 10 } as const;

/** Address family of the packet; there must be a byte at `at`. */
export function nflogFamily(data: DataView, at: number): number {
  return data.getUint8(at + FAMILY);
}

/** Offset of the packet, 0 where the attributes are cut before it, -1 where they hold none. */
export function nflogPayload(data: DataView, at: number, end: number): number {
  const found = attributeOf(data, at, end, PAYLOAD);
  return found <= 0 ? found : found + ATTRIBUTE_HEADER_LENGTH;
}

/** Bytes that the packet at `payloadAt` had when it was logged, as its attribute says. */
export function nflogPayloadLength(data: DataView, at: number, payloadAt: number): number {
  const attribute = payloadAt - ATTRIBUTE_HEADER_LENGTH;
  return data.getUint16(attribute, isLittleEndian(data, at)) - ATTRIBUTE_HEADER_LENGTH;
}

/** Ethertype that the kernel noted for the packet (NFULA_PACKET_HDR, in network order), or 0. */
export function nflogEtherType(data: DataView, at: number, end: number): number {
  const found = attributeOf(data, at, end, PACKET_HEADER);
  const value = found + ATTRIBUTE_HEADER_LENGTH;
  return found > 0 && value + 2 <= end ? data.getUint16(value) : 0;
}

/** Offset of the first attribute of a type, 0 where they are cut before it, -1 where there is none. */
function attributeOf(data: DataView, at: number, end: number, type: number): number {
  if (at + ATTRIBUTES + ATTRIBUTE_HEADER_LENGTH > end) return 0;
  const littleEndian = isLittleEndian(data, at);
  for (let attribute = at + ATTRIBUTES; attribute < end;) {
    if (attribute + ATTRIBUTE_HEADER_LENGTH > end) return 0;
    const length = data.getUint16(attribute, littleEndian);
    if (length < ATTRIBUTE_HEADER_LENGTH) return -1;
    if ((data.getUint16(attribute + 2, littleEndian) & TYPE_MASK) === type) return attribute;
    attribute += (length + 3) & ~3;
  }
  return -1;
}

/** The first attribute's type is below 256: one of its two bytes is zero but for flags. */
function isLittleEndian(data: DataView, at: number): boolean {
  return (data.getUint8(at + ATTRIBUTES + 3) & (TYPE_MASK >> 8)) === 0;
}
