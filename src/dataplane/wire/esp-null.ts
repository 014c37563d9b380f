/**
 * ESP that authenticates and does not encrypt (RFC 4303 section 2, RFC 2410; with AES-GMAC RFC 4543): an inner packet, padding 1, 2,
 * 3 …, its length, the next header, then the check value, of which only the length varies by algorithm.
 *
 * `findNullTrailer` reads a packet that was captured whole. Transport mode shows less than tunnel mode, so inner headers
 * without a checksum or a length that can be held against the packet must come with the least padding.
 */
import { ESP_HEADER_LENGTH } from './esp.ts';

/** Check values of HMAC-MD5 and HMAC-SHA1 (RFC 2403, RFC 2404), then of HMAC-SHA2 (RFC 4868) and AES-GMAC. */
const CHECK_VALUE_LENGTHS: readonly number[] = [12, 16, 24, 32];
const GMAC_CHECK_VALUE_LENGTH = 16;
const GMAC_IV_LENGTH = 8;
/** Padding length and next header. */
const TRAILER_LENGTH = 2;
/** Padding beyond this only hides lengths: the packet is a whole number of words with less. */
const LEAST_PADDING = 3;

export const InnerProtocol = {
  ICMP: 1,
  IPV4: 4,
  TCP: 6,
  UDP: 17,
  IPV6: 41,
  GRE: 47,
  ESP: 50,
  AH: 51,
  OSPF: 89,
} as const;

/** After `findNullTrailer` says where: the next header in the trailer. */
export let nullNextHeader = 0;

/** Offset of the check value in the ESP packet [at, end), where what is before it is no ciphertext but a sound inner packet; else -1. */
export function findNullTrailer(data: DataView, at: number, end: number): number {
  for (const length of CHECK_VALUE_LENGTHS) {
    const checkAt = end - length;
    if (checkAt - TRAILER_LENGTH < at + ESP_HEADER_LENGTH) return -1;
    const next = data.getUint8(checkAt - 1);
    const padding = data.getUint8(checkAt - TRAILER_LENGTH);
    const innerEnd = checkAt - TRAILER_LENGTH - padding;
    if (!isInnerProtocol(next) || innerEnd <= at + ESP_HEADER_LENGTH || !counts(data, innerEnd, padding)) continue;
    nullNextHeader = next;
    const innerAt = at + ESP_HEADER_LENGTH;
    if (isSound(data, innerAt, innerEnd - innerAt, next, padding)) return checkAt;
    const behindIv = innerAt + GMAC_IV_LENGTH;
    if (
      length === GMAC_CHECK_VALUE_LENGTH &&
      behindIv < innerEnd &&
      isSound(data, behindIv, innerEnd - behindIv, next, padding)
    )
      return checkAt;
  }
  return -1;
}

function isInnerProtocol(next: number): boolean {
  switch (next) {
    case InnerProtocol.ICMP:
    case InnerProtocol.IPV4:
    case InnerProtocol.TCP:
    case InnerProtocol.UDP:
    case InnerProtocol.IPV6:
    case InnerProtocol.GRE:
    case InnerProtocol.ESP:
    case InnerProtocol.AH:
    case InnerProtocol.OSPF:
      return true;
    default:
      return false;
  }
}

/** The padding is 1, 2, 3 … (RFC 4303 section 2.4). */
function counts(data: DataView, at: number, padding: number): boolean {
  for (let i = 0; i < padding; i++) {
    if (data.getUint8(at + i) !== i + 1) return false;
  }
  return true;
}

function isSound(data: DataView, at: number, length: number, next: number, padding: number): boolean {
  switch (next) {
    case InnerProtocol.IPV4:
      return isIpv4(data, at, length);
    case InnerProtocol.IPV6:
      return length >= 40 && data.getUint8(at) >> 4 === 6 && data.getUint16(at + 4) === length - 40;
    case InnerProtocol.UDP:
      return length >= 8 && data.getUint16(at + 4) === length && data.getUint16(at + 2) !== 0;
    case InnerProtocol.ICMP:
      return length >= 8 && data.getUint16(at + 2) !== 0 && addsUp(data, at, length);
    case InnerProtocol.OSPF:
      return length >= 16 && isOspf(data.getUint8(at), data.getUint8(at + 1)) && data.getUint16(at + 2) === length;
    default:
      return padding <= LEAST_PADDING && isSoundWithoutLength(data, at, length, next);
  }
}

function isIpv4(data: DataView, at: number, length: number): boolean {
  if (length < 20 || data.getUint8(at) >> 4 !== 4 || data.getUint16(at + 2) !== length) return false;
  const header = (data.getUint8(at) & 15) * 4;
  return header >= 20 && header <= length && addsUp(data, at, header);
}

function isSoundWithoutLength(data: DataView, at: number, length: number, next: number): boolean {
  switch (next) {
    case InnerProtocol.TCP:
      return length >= 20 && isTcp(data.getUint16(at), data.getUint16(at + 2), data.getUint16(at + 12), length);
    case InnerProtocol.GRE:
      return length >= 8 && isGre(data.getUint16(at), data.getUint16(at + 2));
    case InnerProtocol.ESP:
      return length >= 32 && length % 4 === 0 && data.getUint32(at) >>> 8 !== 0 && data.getUint32(at + 4) !== 0;
    case InnerProtocol.AH:
      return length >= 24 && data.getUint16(at + 2) === 0 && data.getUint32(at + 4) >>> 8 !== 0;
    default:
      return false;
  }
}

/** Ports, header length, and flags of which no two contradict each other: SYN with FIN or RST. */
function isTcp(source: number, destination: number, lengthAndFlags: number, length: number): boolean {
  const header = (lengthAndFlags >> 12) * 4;
  const [fin, syn, rst, ack] = [1, 2, 4, 16];
  const isSyn = (lengthAndFlags & syn) !== 0;
  return (
    source !== 0 &&
    destination !== 0 &&
    header >= 20 &&
    header <= length &&
    (lengthAndFlags & 0x0f00) === 0 &&
    (isSyn ? (lengthAndFlags & (fin | rst)) === 0 : (lengthAndFlags & (ack | rst)) !== 0)
  );
}

/** Checksum, key and sequence may be there, nothing else; IPv4, IPv6 or Ethernet inside. */
function isGre(flags: number, type: number): boolean {
  return (flags & ~0xb000) === 0 && (type === 0x0800 || type === 0x86dd || type === 0x6558);
}

/** Versions 2 and 3, five types of packets. */
function isOspf(version: number, type: number): boolean {
  return (version === 2 || version === 3) && type >= 1 && type <= 5;
}

/** True where the 16-bit words of [at, at + length) have the sum that a checksum among them makes (RFC 1071). */
function addsUp(data: DataView, at: number, length: number): boolean {
  let sum = 0;
  let i = at;
  for (; i + 1 < at + length; i += 2) sum += data.getUint16(i);
  if (i < at + length) sum += data.getUint8(i) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum === 0xffff;
}
