/**
 * How long a pcap file's record headers are, where its magic does not tell: some patched libpcaps wrote longer ones
 * under the magic of another. Wireshark's wiretap/libpcap.c lists them, and tells them apart by what the first records
 * would hold.
 *
 *   standard magic   16 bytes  everyone
 *                    24 bytes  Red Hat 6.1 (patch of 1999-04-17): interface 4, protocol 2, packet type 1, padding 1
 *                              after the lengths
 *                    20 bytes  Nokia's firewalls: 4 bytes that are nearly constant; editcap writes zeros
 *   modified magic   24 bytes  patch of 1999-10-29: as Red Hat 6.1
 *                    28 bytes  SuSE 6.3 (patch of 1999-09-15): as before, then two processor numbers and 3 bytes of
 *                              padding
 *
 * A longer header is chosen where the first record carries its fields, the header after that record makes sense at its
 * place, and the one at the usual place does not. So the choice rests on two headers alone: it is the same however the
 * bytes arrive, and a damaged file of the usual kind stays what it is. Most first records carry no such fields and
 * settle it. The others (frames of a loopback interface begin with zeros) wait for the next header, or for the end of
 * the input.
 */
import { byteAt, u32le } from '../memory';
import { LARGEST_CAPTURED_LENGTH, u16In, u32In } from './record-reader';

const FRACTION: i32 = 4;
const CAPTURED_LENGTH: i32 = 8;
const WIRE_LENGTH: i32 = 12;
export const RECORD_HEADER_LENGTH: i32 = 16;
const INTERFACE: i32 = 16;
const PROTOCOL: i32 = 20;
const PACKET_TYPE: i32 = 22;
const NOKIA_BYTES: i32 = 16;

/** Record headers with interface, protocol and packet type. */
const MODIFIED_RECORD_HEADER_LENGTH: i32 = 24;
const SUSE_RECORD_HEADER_LENGTH: i32 = 28;
const NOKIA_RECORD_HEADER_LENGTH: i32 = 20;

/** A packet is longer only in files that are not what they seem. */
const LARGEST_WIRE_LENGTH: u32 = 128 * 1024 * 1024;
/** No machine of that time had more interfaces. */
const LARGEST_INTERFACE: u32 = 10_000;
const YEAR_SECONDS: i64 = 366 * 86_400;
/** Linux's PACKET_OUTGOING. */
const LARGEST_PACKET_TYPE: u32 = 4;
/** Packets below this are no frame: they settle it, and nothing waits for more. */
const SMALLEST_FRAME: u32 = 8;

/** What is there of a file after its header, and what the header says. */
@final
export class FirstRecords {
  at: usize = 0;
  limit: usize = 0;
  littleEndian: bool = true;
  /** True for the modified magic. */
  isModified: bool = false;
  /** Nothing more will come. */
  isEnd: bool = false;

  /**
   * Bytes of each record header; or, negative, the bytes from `at` on that have to be there before that can be said.
   */
  recordHeaderLength(): i32 {
    const at = this.at;
    const available = <i32>(this.limit - at);
    const usual = this.isModified ? MODIFIED_RECORD_HEADER_LENGTH : RECORD_HEADER_LENGTH;
    if (available < usual) return this.isEnd ? usual : -usual;
    const capturedLength = u32In(at + CAPTURED_LENGTH, this.littleEndian);
    if (capturedLength > LARGEST_CAPTURED_LENGTH || capturedLength < SMALLEST_FRAME) return usual;
    const captured = <i32>capturedLength;
    if (available < usual + captured) return this.isEnd ? usual : -(usual + captured);
    const longer = this.isModified ? SUSE_RECORD_HEADER_LENGTH : MODIFIED_RECORD_HEADER_LENGTH;
    const hasLonger = this.hasFields(at, longer);
    const hasNokia = !this.isModified && this.hasFields(at, NOKIA_RECORD_HEADER_LENGTH);
    if (!hasLonger && !hasNokia) return usual;
    const needed = 2 * (hasLonger ? longer : NOKIA_RECORD_HEADER_LENGTH) + captured;
    if (available < needed && !this.isEnd) return -needed;
    if (this.isFollowed(usual, captured)) return usual;
    if (hasLonger && this.isFollowed(longer, captured)) return longer;
    return hasNokia && this.isFollowed(NOKIA_RECORD_HEADER_LENGTH, captured) ? NOKIA_RECORD_HEADER_LENGTH : usual;
  }

  /** Whether a record header of a length would have sound values in the fields that the usual one lacks. */
  private hasFields(at: usize, headerLength: i32): bool {
    if (headerLength == NOKIA_RECORD_HEADER_LENGTH) return isNokia(u32le(at + NOKIA_BYTES));
    return (
      u32In(at + INTERFACE, this.littleEndian) <= LARGEST_INTERFACE &&
      isLinuxProtocol(u16In(at + PROTOCOL, this.littleEndian)) &&
      byteAt(at + PACKET_TYPE) <= LARGEST_PACKET_TYPE
    );
  }

  /**
   * Whether the first record, with a header of a length, ends where the input does or where a sound header begins.
   * Longer headers have to be right in all that can be told: files with the usual ones exist whose wire lengths are
   * wrong.
   */
  private isFollowed(headerLength: i32, capturedLength: i32): bool {
    const at = this.at + headerLength + capturedLength;
    if (this.limit == at) return true;
    if (<i32>(this.limit - at) < headerLength || !this.isHeader(at)) return false;
    const isUsual = headerLength == (this.isModified ? MODIFIED_RECORD_HEADER_LENGTH : RECORD_HEADER_LENGTH);
    return isUsual || (this.isOfThatTime(at) && this.hasFields(at, headerLength));
  }

  /** Whether the fields that all record headers have can be right. */
  private isHeader(at: usize): bool {
    return (
      u32In(at + CAPTURED_LENGTH, this.littleEndian) <= LARGEST_CAPTURED_LENGTH &&
      u32In(at + WIRE_LENGTH, this.littleEndian) <= LARGEST_WIRE_LENGTH &&
      u32In(at + FRACTION, this.littleEndian) < 1_000_000
    );
  }

  /** Whether a record header is of about the first one's time, and no longer captured than it was. */
  private isOfThatTime(next: usize): bool {
    const apart = <i64>u32In(next, this.littleEndian) - <i64>u32In(this.at, this.littleEndian);
    const captured = u32In(next + CAPTURED_LENGTH, this.littleEndian);
    return abs(apart) <= YEAR_SECONDS && captured <= u32In(next + WIRE_LENGTH, this.littleEndian);
  }
}

/** An ethertype, one of linux/if_ether.h's numbers for frames without one, or editcap's zero. */
function isLinuxProtocol(protocol: u32): bool {
  return protocol >= 0x0600 || protocol <= 0x17 || protocol == 0x60 || protocol == 0x0200 || protocol == 0x0400;
}

/**
 * Xfbf YZ0W, X being 9 or b, Y b or d, Z 6 or 9, W 1 or 2, little-endian: as in the files that wiretap's authors saw.
 */
function isNokia(bytes: u32): bool {
  if (bytes == 0) return true;
  const x = bytes >> 28;
  const y = (bytes >> 12) & 15;
  const z = (bytes >> 8) & 15;
  const w = bytes & 15;
  const isFramed = (bytes & 0x0fff00f0) == 0x0fbf0000;
  return isFramed && (x == 9 || x == 11) && (y == 11 || y == 13) && (z == 6 || z == 9) && (w == 1 || w == 2);
}
