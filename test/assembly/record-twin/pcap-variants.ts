/**
 * How long a pcap file's record headers are, where its magic does not tell: some patched libpcaps wrote longer ones under the magic
 * of another. Wireshark's wiretap/libpcap.c lists them, and tells them apart by what the first records would hold.
 *
 *   standard magic   16 bytes  everyone
 *                    24 bytes  Red Hat 6.1 (patch of 1999-04-17): interface 4, protocol 2, packet type 1, padding 1 behind the lengths
 *                    20 bytes  Nokia's firewalls: 4 bytes that are nearly constant; editcap writes zeros
 *   modified magic   24 bytes  patch of 1999-10-29: as Red Hat 6.1
 *                    28 bytes  SuSE 6.3 (patch of 1999-09-15): as before, then two processor numbers and 3 bytes of padding
 *
 * A longer header is chosen where the first record carries its fields, the header after that record makes sense at its place, and the
 * one at the usual place does not. So the choice rests on two headers alone: it is the same however the bytes arrive, and a damaged file
 * of the usual kind stays what it is. Most first records carry no such fields and settle it. The others (frames of a loopback interface
 * begin with zeros) wait for the next header, or for the end of the input.
 */

const FRACTION = 4;
const CAPTURED_LENGTH = 8;
const WIRE_LENGTH = 12;
export const RECORD_HEADER_LENGTH = 16;
const INTERFACE = 16;
const PROTOCOL = 20;
const PACKET_TYPE = 22;
const NOKIA_BYTES = 16;

/** Record headers with interface, protocol and packet type. */
export const MODIFIED_RECORD_HEADER_LENGTH = 24;
const SUSE_RECORD_HEADER_LENGTH = 28;
const NOKIA_RECORD_HEADER_LENGTH = 20;

/** A packet is longer only in files that are not what they seem. */
const LARGEST_WIRE_LENGTH = 128 * 1024 * 1024;
/** No machine of that time had more interfaces. */
const LARGEST_INTERFACE = 10_000;
const YEAR_SECONDS = 366 * 86_400;
/** Linux's PACKET_OUTGOING. */
const LARGEST_PACKET_TYPE = 4;
/** Packets below this are no frame: they settle it, and nothing waits for more. */
const SMALLEST_FRAME = MODIFIED_RECORD_HEADER_LENGTH - RECORD_HEADER_LENGTH;

/** What is there of a file after its header, and what the header says. */
export interface FirstRecords {
  readonly data: DataView;
  readonly at: number;
  readonly limit: number;
  readonly littleEndian: boolean;
  /** True for the modified magic. */
  readonly isModified: boolean;
  /** Captured bytes of one packet, at most. */
  readonly largestCapturedLength: number;
  /** Nothing more will come. */
  readonly isEnd: boolean;
}

/** Bytes of each record header; or, negative, the bytes from `at` on that have to be there before that can be said. */
export function recordHeaderLengthOf(first: FirstRecords): number {
  const { data, at, limit, littleEndian, isModified, largestCapturedLength, isEnd } = first;
  const usual = isModified ? MODIFIED_RECORD_HEADER_LENGTH : RECORD_HEADER_LENGTH;
  if (limit - at < usual) return isEnd ? usual : -usual;
  const capturedLength = data.getUint32(at + CAPTURED_LENGTH, littleEndian);
  if (capturedLength > largestCapturedLength || capturedLength < SMALLEST_FRAME) return usual;
  const firstEnd = usual + capturedLength;
  if (limit - at < firstEnd) return isEnd ? usual : -firstEnd;
  const candidates = LONGER[isModified ? 'modified' : 'standard'].filter((length) => hasFields(first, at, length));
  if (candidates.length === 0) return usual;
  const needed = 2 * Math.max(...candidates) + capturedLength;
  if (limit - at < needed && !isEnd) return -needed;
  if (isFollowed(first, usual, capturedLength)) return usual;
  return candidates.find((length) => isFollowed(first, length, capturedLength)) ?? usual;
}

const LONGER = {
  standard: [MODIFIED_RECORD_HEADER_LENGTH, NOKIA_RECORD_HEADER_LENGTH],
  modified: [SUSE_RECORD_HEADER_LENGTH],
} as const;

/** Whether a record header of a length would have sound values in the fields that the usual one lacks. */
function hasFields({ data, littleEndian }: FirstRecords, at: number, headerLength: number): boolean {
  if (headerLength === NOKIA_RECORD_HEADER_LENGTH) return isNokia(data.getUint32(at + NOKIA_BYTES, true));
  return (
    data.getUint32(at + INTERFACE, littleEndian) <= LARGEST_INTERFACE &&
    isLinuxProtocol(data.getUint16(at + PROTOCOL, littleEndian)) &&
    data.getUint8(at + PACKET_TYPE) <= LARGEST_PACKET_TYPE
  );
}

/**
 * Whether the first record, with a header of a length, ends where the input does or where a sound header begins. Longer headers have
 * to be right in all that can be told: files with the usual ones exist whose wire lengths are wrong.
 */
function isFollowed(first: FirstRecords, headerLength: number, capturedLength: number): boolean {
  const at = first.at + headerLength + capturedLength;
  if (first.limit === at) return true;
  if (first.limit - at < headerLength || !isHeader(first, at)) return false;
  const isUsual = headerLength === (first.isModified ? MODIFIED_RECORD_HEADER_LENGTH : RECORD_HEADER_LENGTH);
  return isUsual || (isOfThatTime(first, at) && hasFields(first, at, headerLength));
}

/** Whether the fields that all record headers have can be right. */
function isHeader({ data, littleEndian, largestCapturedLength }: FirstRecords, at: number): boolean {
  return (
    data.getUint32(at + CAPTURED_LENGTH, littleEndian) <= largestCapturedLength &&
    data.getUint32(at + WIRE_LENGTH, littleEndian) <= LARGEST_WIRE_LENGTH &&
    data.getUint32(at + FRACTION, littleEndian) < 1_000_000
  );
}

/** Whether a record header is of about the first one's time, and no longer captured than it was. */
function isOfThatTime({ data, littleEndian, at }: FirstRecords, next: number): boolean {
  const apart = data.getUint32(next, littleEndian) - data.getUint32(at, littleEndian);
  const captured = data.getUint32(next + CAPTURED_LENGTH, littleEndian);
  return Math.abs(apart) <= YEAR_SECONDS && captured <= data.getUint32(next + WIRE_LENGTH, littleEndian);
}

/** An ethertype, one of linux/if_ether.h's numbers for frames without one, or editcap's zero. */
function isLinuxProtocol(protocol: number): boolean {
  return protocol >= 0x0600 || protocol <= 0x17 || protocol === 0x60 || protocol === 0x0200 || protocol === 0x0400;
}

/** Xfbf YZ0W, X being 9 or b, Y b or d, Z 6 or 9, W 1 or 2, little-endian: as in the files that wiretap's authors saw. */
function isNokia(bytes: number): boolean {
  if (bytes === 0) return true;
  const [x, y, z, w] = [bytes >>> 28, (bytes >>> 12) & 15, (bytes >>> 8) & 15, bytes & 15];
  const isFramed = (bytes & 0x0fff00f0) === 0x0fbf0000;
  return isFramed && [9, 11].includes(x) && [11, 13].includes(y) && [6, 9].includes(z) && [1, 2].includes(w);
}
