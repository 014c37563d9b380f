/**
 * ESP that authenticates and does not encrypt (RFC 4303 section 2, RFC 2410; with AES-GMAC RFC 4543): an inner packet,
 * padding 1, 2, 3 …, its length, the next header, then the check value, of which only the length varies by algorithm.
 *
 * `findNullTrailer` reads a packet that was captured whole. Transport mode shows less than tunnel mode, so inner
 * headers without a checksum or a length that can be compared with the packet's must come with the least padding.
 */
import { byteAt, u16be, u32be } from '../memory';
import { ESP_HEADER_LENGTH } from './esp';

/** Check values of HMAC-MD5 and HMAC-SHA1 (RFC 2403, RFC 2404), then of HMAC-SHA2 (RFC 4868) and AES-GMAC. */
const CHECK_VALUE_LENGTHS: usize = memory.data<u8>([12, 16, 24, 32]);
const CHECK_VALUE_COUNT: i32 = 4;
const GMAC_CHECK_VALUE_LENGTH: i32 = 16;
const GMAC_IV_LENGTH: i32 = 8;
/** Padding length and next header. */
const TRAILER_LENGTH: i32 = 2;
/** Padding beyond this only hides lengths: the packet is a whole number of words with less. */
const LEAST_PADDING: i32 = 3;

export enum InnerProtocol {
  ICMP = 1,
  IPV4 = 4,
  TCP = 6,
  UDP = 17,
  IPV6 = 41,
  GRE = 47,
  ESP = 50,
  AH = 51,
  OSPF = 89,
}

/** Result of the last `findNullTrailer` that said where. */
@final
export class NullTrailer {
  /** The next header in the trailer. */
  nextHeader: i32 = 0;
}

export const nullTrailer = new NullTrailer();

/**
 * Offset of the check value in the ESP packet of `length` bytes at `at`, where what is before it is no ciphertext but a
 * sound inner packet; else -1.
 */
export function findNullTrailer(at: usize, length: i32): i32 {
  for (let i = 0; i < CHECK_VALUE_COUNT; i++) {
    const checkLength = <i32>load<u8>(CHECK_VALUE_LENGTHS + i);
    const check = length - checkLength;
    if (check - TRAILER_LENGTH < ESP_HEADER_LENGTH) return -1;
    const next = <i32>byteAt(at + check - 1);
    const padding = <i32>byteAt(at + check - TRAILER_LENGTH);
    const innerEnd = check - TRAILER_LENGTH - padding;
    if (!isInnerProtocol(next) || innerEnd <= ESP_HEADER_LENGTH || !counts(at + innerEnd, padding)) continue;
    nullTrailer.nextHeader = next;
    const inner = at + ESP_HEADER_LENGTH;
    const innerLength = innerEnd - ESP_HEADER_LENGTH;
    if (isSound(inner, innerLength, next, padding)) return check;
    if (
      checkLength == GMAC_CHECK_VALUE_LENGTH &&
      GMAC_IV_LENGTH < innerLength &&
      isSound(inner + GMAC_IV_LENGTH, innerLength - GMAC_IV_LENGTH, next, padding)
    )
      return check;
  }
  return -1;
}

function isInnerProtocol(next: i32): bool {
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
function counts(at: usize, padding: i32): bool {
  for (let i = 0; i < padding; i++) {
    if (byteAt(at + i) != i + 1) return false;
  }
  return true;
}

function isSound(at: usize, length: i32, next: i32, padding: i32): bool {
  switch (next) {
    case InnerProtocol.IPV4:
      return isIpv4(at, length);
    case InnerProtocol.IPV6:
      return length >= 40 && byteAt(at) >> 4 == 6 && <i32>u16be(at + 4) == length - 40;
    case InnerProtocol.UDP:
      return length >= 8 && <i32>u16be(at + 4) == length && u16be(at + 2) != 0;
    case InnerProtocol.ICMP:
      return length >= 8 && u16be(at + 2) != 0 && addsUp(at, length);
    case InnerProtocol.OSPF:
      return length >= 16 && isOspf(byteAt(at), byteAt(at + 1)) && <i32>u16be(at + 2) == length;
    default:
      return padding <= LEAST_PADDING && isSoundWithoutLength(at, length, next);
  }
}

function isIpv4(at: usize, length: i32): bool {
  if (length < 20 || byteAt(at) >> 4 != 4 || <i32>u16be(at + 2) != length) return false;
  const header = <i32>(byteAt(at) & 15) * 4;
  return header >= 20 && header <= length && addsUp(at, header);
}

function isSoundWithoutLength(at: usize, length: i32, next: i32): bool {
  switch (next) {
    case InnerProtocol.TCP:
      return length >= 20 && isTcp(u16be(at), u16be(at + 2), u16be(at + 12), length);
    case InnerProtocol.GRE:
      return length >= 8 && isGre(u16be(at), u16be(at + 2));
    case InnerProtocol.ESP:
      return length >= 32 && length % 4 == 0 && u32be(at) >> 8 != 0 && u32be(at + 4) != 0;
    case InnerProtocol.AH:
      return length >= 24 && u16be(at + 2) == 0 && u32be(at + 4) >> 8 != 0;
    default:
      return false;
  }
}

const FIN: u32 = 1;
const SYN: u32 = 2;
const RST: u32 = 4;
const ACK: u32 = 16;

/** Ports, header length, and flags of which no two contradict each other: SYN with FIN or RST. */
function isTcp(source: u32, destination: u32, lengthAndFlags: u32, length: i32): bool {
  const header = <i32>(lengthAndFlags >> 12) * 4;
  const isSyn = (lengthAndFlags & SYN) != 0;
  return (
    source != 0 &&
    destination != 0 &&
    header >= 20 &&
    header <= length &&
    (lengthAndFlags & 0x0f00) == 0 &&
    (isSyn ? (lengthAndFlags & (FIN | RST)) == 0 : (lengthAndFlags & (ACK | RST)) != 0)
  );
}

/** Checksum, key and sequence may be there, nothing else; IPv4, IPv6 or Ethernet inside. */
function isGre(flags: u32, type: u32): bool {
  return (flags & 0x4fff) == 0 && (type == 0x0800 || type == 0x86dd || type == 0x6558);
}

/** Versions 2 and 3, five types of packets. */
function isOspf(version: u32, type: u32): bool {
  return (version == 2 || version == 3) && type >= 1 && type <= 5;
}

/** True where the 16-bit words of `length` bytes have the sum that a checksum among them makes (RFC 1071). */
function addsUp(at: usize, length: i32): bool {
  let sum: u32 = 0;
  let i = 0;
  for (; i + 1 < length; i += 2) sum += u16be(at + i);
  if (i < length) sum += byteAt(at + i) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum == 0xffff;
}
