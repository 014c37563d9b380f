/**
 * How long a pcap file's record headers are, where its magic does not tell: some patched libpcaps wrote longer ones under the magic
 * of another. Wireshark's wiretap/libpcap.c lists them, and tells them apart as here, by what the first records would hold.
 *
 *   standard magic   16 bytes  everyone
 *                    24 bytes  Red Hat 6.1 (patch of 1999-04-17): interface 4, protocol 2, packet type 1, padding 1 behind the lengths
 *                    20 bytes  Nokia's firewalls: 4 bytes that are nearly constant
 *   modified magic   24 bytes  patch of 1999-10-29: as Red Hat 6.1
 *                    28 bytes  SuSE 6.3 (patch of 1999-09-15): as before, then two processor numbers and 3 bytes of padding
 *
 * The usual length holds unless records of that length make no sense and those of another all do: a damaged file of the usual kind
 * stays what it is. Only what has come by then is looked at, so that no packet of a pipe waits for the next.
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

const RECORDS_LOOKED_AT = 3;
/** A packet is longer only in files that are not what they seem. */
const LARGEST_WIRE_LENGTH = 128 * 1024 * 1024;
/** More interfaces no machine of that time had. */
const LARGEST_INTERFACE = 10_000;
/** Linux's PACKET_OUTGOING. */
const LARGEST_PACKET_TYPE = 4;

/** What is there of a file behind its header, and what the header says. */
export interface FirstRecords {
  readonly data: DataView;
  readonly at: number;
  readonly limit: number;
  readonly littleEndian: boolean;
  /** 0 for none. */
  readonly snapshotLength: number;
  /** Captured bytes of one packet, at most. */
  readonly largestCapturedLength: number;
}

/** Bytes of each record header; `isModified` is that of the magic. */
export function recordHeaderLengthOf(first: FirstRecords, isModified: boolean): number {
  const usual = isModified ? MODIFIED_RECORD_HEADER_LENGTH : RECORD_HEADER_LENGTH;
  const others = isModified ? [SUSE_RECORD_HEADER_LENGTH] : [MODIFIED_RECORD_HEADER_LENGTH, NOKIA_RECORD_HEADER_LENGTH];
  const { oddities } = lookAt(first, usual);
  if (oddities === 0) return usual;
  return others.find((length) => isBetter(lookAt(first, length), oddities)) ?? usual;
}

/** What the first records look like if their headers have a length. */
interface Look {
  /** What is odd about them; a last record that is cut counts as one. */
  readonly oddities: number;
  /** Nothing is odd but that the last one is cut. */
  readonly isSound: boolean;
  readonly wholeRecords: number;
  /** What only these headers have is there in each of them. */
  readonly isMarked: boolean;
}

function isBetter(look: Look, than: number): boolean {
  return look.isSound && look.oddities < than && (look.isMarked || look.wholeRecords > 1);
}

function lookAt(first: FirstRecords, headerLength: number): Look {
  const { data, limit, littleEndian, largestCapturedLength } = first;
  let at = first.at;
  let odd = 0;
  let isMarked = true;
  let wholeRecords = 0;
  let isCut = false;
  while (wholeRecords < RECORDS_LOOKED_AT && at < limit) {
    isCut = limit - at < headerLength;
    if (isCut) break;
    const capturedLength = data.getUint32(at + CAPTURED_LENGTH, littleEndian);
    odd += lengthOddities(first, at) + linuxOddities(first, at, headerLength);
    isMarked &&= headerLength !== NOKIA_RECORD_HEADER_LENGTH || isNokia(data.getUint32(at + NOKIA_BYTES, true));
    at += headerLength;
    isCut = limit - at < capturedLength;
    if (isCut || capturedLength > largestCapturedLength) break;
    at += capturedLength;
    wholeRecords++;
  }
  return { oddities: odd + (isCut ? 1 : 0), isSound: odd === 0, wholeRecords, isMarked };
}

/** Of the fields that all record headers have. */
function lengthOddities(
  { data, littleEndian, snapshotLength, largestCapturedLength }: FirstRecords,
  at: number,
): number {
  const capturedLength = data.getUint32(at + CAPTURED_LENGTH, littleEndian);
  const wireLength = data.getUint32(at + WIRE_LENGTH, littleEndian);
  return [
    data.getUint32(at + FRACTION, littleEndian) >= 1_000_000,
    capturedLength > largestCapturedLength,
    snapshotLength !== 0 && capturedLength > snapshotLength,
    wireLength > LARGEST_WIRE_LENGTH,
    capturedLength > wireLength,
  ].filter(Boolean).length;
}

/** Of the fields behind these that the Linux patches added. */
function linuxOddities({ data, littleEndian }: FirstRecords, at: number, headerLength: number): number {
  if (headerLength < MODIFIED_RECORD_HEADER_LENGTH) return 0;
  return [
    data.getUint32(at + INTERFACE, littleEndian) > LARGEST_INTERFACE,
    !isLinuxProtocol(data.getUint16(at + PROTOCOL, littleEndian)),
    data.getUint8(at + PACKET_TYPE) > LARGEST_PACKET_TYPE,
  ].filter(Boolean).length;
}

/** An ethertype, or one of linux/if_ether.h's numbers for frames without one. */
function isLinuxProtocol(protocol: number): boolean {
  return protocol >= 0x0600 || protocol <= 0x17 || protocol === 0x60 || protocol === 0x0200 || protocol === 0x0400;
}

/** Of the form Xfbf YZ0W, X being 9 or b, Y b or d, Z 6 or 9, W 1 or 2, little-endian: as in the files that wiretap's authors saw. */
function isNokia(bytes: number): boolean {
  const [x, y, z, w] = [bytes >>> 28, (bytes >>> 12) & 15, (bytes >>> 8) & 15, bytes & 15];
  const isFramed = (bytes & 0x0fff00f0) === 0x0fbf0000;
  return isFramed && [9, 11].includes(x) && [11, 13].includes(y) && [6, 9].includes(z) && [1, 2].includes(w);
}
