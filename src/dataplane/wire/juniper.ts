/**
 * Frames of Juniper routers with what they note of them (LINKTYPE_JUNIPER_ETHER): "MGC", flags 1; with flag 0x80 the length 2 of
 * extensions and these. Then an Ethernet frame, or, with flag 0x02, the number 4 of a protocol, little-endian, and its packet.
 * JUNOS before 7 writes no magic and no flags: the Ethernet frame begins at once.
 *
 * After check says OK no accessor reads outside the header.
 */
import { DecodeStatus } from '../host/decode-status.ts';

const MAGIC = 0x4d4743;
const FLAGS = 3;
const EXTENSIONS_LENGTH = 4;
const SHORT_LENGTH = 4;
const LONG_LENGTH = 6;
const PROTOCOL_LENGTH = 4;

const FLAG_NO_LINK = 0x02;
const FLAG_EXTENSIONS = 0x80;

/** Protocols of frames without a link layer, as far as they lead to IP: IP, IP that was in MPLS, MPLS and what will be in MPLS. */
export const JuniperProtocol = {
  IPV4: 2,
  MPLS_IPV4: 3,
  IPV4_MPLS: 4,
  MPLS: 5,
  IPV6: 6,
  MPLS_IPV6: 7,
  IPV6_MPLS: 8,
} as const;

export function checkJuniper(data: DataView, at: number, end: number): DecodeStatus {
  if (at + SHORT_LENGTH > end) return DecodeStatus.TRUNCATED_LINK;
  if (!hasMagic(data, at)) return DecodeStatus.OK;
  if (hasExtensions(data, at) && at + LONG_LENGTH > end) return DecodeStatus.TRUNCATED_LINK;
  return at + juniperLength(data, at) <= end ? DecodeStatus.OK : DecodeStatus.TRUNCATED_LINK;
}

/** Bytes before the Ethernet frame, or before the packet where there is none. */
export function juniperLength(data: DataView, at: number): number {
  return headerLength(data, at) + (juniperHasNoLink(data, at) ? PROTOCOL_LENGTH : 0);
}

/** True where there is a protocol's number instead of an Ethernet header. */
export function juniperHasNoLink(data: DataView, at: number): boolean {
  return hasMagic(data, at) && (data.getUint8(at + FLAGS) & FLAG_NO_LINK) !== 0;
}

/** Only where `juniperHasNoLink`. */
export function juniperProtocol(data: DataView, at: number): number {
  return data.getUint32(at + headerLength(data, at), true);
}

function headerLength(data: DataView, at: number): number {
  if (!hasMagic(data, at)) return 0;
  return hasExtensions(data, at) ? LONG_LENGTH + data.getUint16(at + EXTENSIONS_LENGTH) : SHORT_LENGTH;
}

function hasMagic(data: DataView, at: number): boolean {
  return data.getUint32(at) >>> 8 === MAGIC;
}

function hasExtensions(data: DataView, at: number): boolean {
  return (data.getUint8(at + FLAGS) & FLAG_EXTENSIONS) !== 0;
}
