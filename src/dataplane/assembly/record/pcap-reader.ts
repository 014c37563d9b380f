/**
 * Classic pcap: a file header of 24 bytes, then records of a header and the captured bytes. draft-ietf-opsawg-pcap; the
 * variants as libpcap's sf-pcap.c reads them: nanosecond magic, Alexey Kuznetzov's modified magic, versions before 2.3
 * and DG/UX's 543.0 with the two lengths interchanged. Red Hat's, SuSE's and Nokia's longer record headers are told by
 * trial (pcap-variants).
 *
 * AIX writes version 2.2, nanoseconds under the magic of microseconds, and interface types (RFC 1573) for link types;
 * older libpcaps wrote version 2.2 too, but none of these link types but 9.
 *
 * Not enforced: the file's snapshot length (see record-reader).
 *
 * Safety: `walk` reads record headers only where [at, limit) covers them, and adds a packet only where all of its
 * captured bytes are before `limit`. A record is at most 28 + LARGEST_CAPTURED_LENGTH bytes.
 */
import { u32be, u32le } from '../memory';
import { PacketBatch } from './packet-batch';
import { FirstRecords, RECORD_HEADER_LENGTH } from './pcap-variants';
import { Flaw, LARGEST_CAPTURED_LENGTH, RecordReader, u16In, u32In, Walk } from './record-reader';

/* File header. */
const MAGIC: i32 = 0;
const MAJOR: i32 = 4;
const MINOR: i32 = 6;
const LINK_TYPE: i32 = 20;
const FILE_HEADER_LENGTH: i32 = 24;

/* Record header, all fields in the file's byte order. */
const SECONDS: i32 = 0;
const FRACTION: i32 = 4;
const CAPTURED_LENGTH: i32 = 8;
const WIRE_LENGTH: i32 = 12;

const MAGIC_MICROSECONDS: u32 = 0xa1b2c3d4;
const MAGIC_NANOSECONDS: u32 = 0xa1b23c4d;
const MAGIC_MODIFIED: u32 = 0xa1b2cd34;
/** The upper half of each magic. */
const MAGIC_START: u32 = 0xa1b2;

/* A pcapng file begins with a block type and a length; its byte order is where a record has its captured length. */
const PCAPNG_TYPE: u32 = 0x0a0d0d0a;
const PCAPNG_BYTE_ORDER: u32 = 0x1a2b3c4d;

/** The link type's upper six bits hold other things (FCS length): libpcap's LT_LINKTYPE. */
const LINK_TYPE_MASK: u32 = 0x03ffffff;
/** Stands for link types beyond the registry's 16 bits. */
const UNKNOWN_LINK_TYPE: u32 = 0xffff;

/** No link type of AIX. */
const NOT_AIX: i32 = -1;

/** Whether a record's two lengths are in the other order. */
enum LengthOrder {
  CAPTURED_FIRST = 0,
  WIRE_FIRST = 1,
  SMALLER_IS_CAPTURED = 2,
}

@final
export class PcapReader extends RecordReader {
  private littleEndian: bool = true;
  private nanoseconds: bool = false;
  private recordHeaderLength: i32 = RECORD_HEADER_LENGTH;
  private lengthOrder: LengthOrder = LengthOrder.CAPTURED_FIRST;
  private linkType: u32 = 0;
  /** How long record headers are is yet to be told, by the first record and the next header. */
  private isUndecided: bool = false;
  private isModified: bool = false;
  private readonly firstRecords: FirstRecords = new FirstRecords();

  /** A new capture. */
  begin(): void {
    this.restart(FILE_HEADER_LENGTH);
    this.nanoseconds = false;
    this.recordHeaderLength = RECORD_HEADER_LENGTH;
    this.lengthOrder = LengthOrder.CAPTURED_FIRST;
    this.isUndecided = false;
  }

  walk(batch: PacketBatch, capacity: i32): Walk {
    this.count = 0;
    if (!this.isBegun) {
      if (<i32>(this.limit - this.at) < FILE_HEADER_LENGTH) return Walk.NEEDS_MORE;
      const stop = this.decodeFileHeader();
      if (stop == Walk.FAULTY) return stop;
    }
    if (this.isUndecided && !this.decideRecords(false)) return Walk.NEEDS_MORE;
    return this.walkRecords(batch, capacity);
  }

  private decodeFileHeader(): Walk {
    const at = this.at;
    const little = u16In(at + MAGIC, false) != MAGIC_START;
    const magic = u32In(at + MAGIC, little);
    const major = u16In(at + MAJOR, little);
    const minor = u16In(at + MINOR, little);
    if (!(major == 2 && minor <= 4) && !(major == 543 && minor == 0)) return this.fail(Flaw.PCAP_VERSION, major, minor);
    const linkType = u32In(at + LINK_TYPE, little) & LINK_TYPE_MASK;
    this.littleEndian = little;
    this.linkType = min(linkType, UNKNOWN_LINK_TYPE);
    this.nanoseconds = magic == MAGIC_NANOSECONDS;
    this.isModified = magic == MAGIC_MODIFIED;
    this.isUndecided = this.isModified || (magic == MAGIC_MICROSECONDS && major == 2 && minor == 4);
    const aixLinkType = major == 2 && minor == 2 ? aixLinkTypeOf(linkType) : NOT_AIX;
    if (aixLinkType != NOT_AIX) {
      this.linkType = aixLinkType;
      this.nanoseconds = true;
    }
    if (major == 543 || minor < 3) this.lengthOrder = LengthOrder.WIRE_FIRST;
    else if (minor == 3) this.lengthOrder = LengthOrder.SMALLER_IS_CAPTURED;
    this.isBegun = true;
    this.at = at + FILE_HEADER_LENGTH;
    return Walk.BATCH_FULL;
  }

  /** False while more has to be there to tell how long record headers are; `isEnd`: nothing more comes. */
  private decideRecords(isEnd: bool): bool {
    const first = this.firstRecords;
    first.at = this.at;
    first.limit = this.limit;
    first.littleEndian = this.littleEndian;
    first.isModified = this.isModified;
    first.isEnd = isEnd;
    const length = first.recordHeaderLength();
    if (length < 0) {
      this.need = -length;
      return false;
    }
    this.recordHeaderLength = length;
    this.isUndecided = false;
    return true;
  }

  goesOnAtEnd(): bool {
    return this.isBegun && this.isUndecided && this.decideRecords(true);
  }

  private walkRecords(batch: PacketBatch, capacity: i32): Walk {
    const limit = this.limit;
    const headerLength = this.recordHeaderLength;
    const little = this.littleEndian;
    const order = this.lengthOrder;
    const nanoseconds = this.nanoseconds;
    const linkType = this.linkType;
    let at = this.at;
    let stop = Walk.BATCH_FULL;
    let count = 0;
    this.need = headerLength;
    for (; count < capacity; count++) {
      if (<i32>(limit - at) < headerLength) {
        stop = Walk.NEEDS_MORE;
        break;
      }
      let capturedLength = u32In(at + CAPTURED_LENGTH, little);
      let wireLength = u32In(at + WIRE_LENGTH, little);
      if (order != LengthOrder.CAPTURED_FIRST && isInterchanged(order, capturedLength, wireLength)) {
        const first = capturedLength;
        capturedLength = wireLength;
        wireLength = first;
      }
      if (capturedLength > LARGEST_CAPTURED_LENGTH || (capturedLength == 0 && beginsPcap(at))) {
        stop = Walk.FAULTY;
        break;
      }
      const dataAt = at + headerLength;
      if (<i32>(limit - dataAt) < <i32>capturedLength) {
        this.need = headerLength + <i32>capturedLength;
        stop = Walk.NEEDS_MORE;
        break;
      }
      const fraction = u32In(at + FRACTION, little);
      const timeUs = <f64>u32In(at + SECONDS, little) * 1_000_000.0 + <f64>(nanoseconds ? fraction / 1000 : fraction);
      batch.set(count, dataAt, capturedLength, max(wireLength, capturedLength), timeUs, linkType);
      at = dataAt + capturedLength;
    }
    this.at = at;
    this.count = count;
    return stop == Walk.FAULTY && count == 0 ? this.failLength() : stop;
  }

  /** The captured length of the record at hand is over the limit, or another capture's header is in its place. */
  private failLength(): Walk {
    const at = this.at;
    if (beginsPcap(at) || beginsPcapng(at)) return this.fail(Flaw.ANOTHER_CAPTURE, 0, 0);
    const first = u32In(at + CAPTURED_LENGTH, this.littleEndian);
    const second = u32In(at + WIRE_LENGTH, this.littleEndian);
    return this.fail(Flaw.PCAP_CAPTURED_LENGTH, isInterchanged(this.lengthOrder, first, second) ? second : first, 0);
  }
}

/** Link types by AIX's interface types: Ethernet, Token Ring, FDDI, loopback. */
function aixLinkTypeOf(interfaceType: u32): i32 {
  switch (interfaceType) {
    case 6:
      return 1;
    case 9:
      return 6;
    case 15:
      return 10;
    case 24:
      return 0;
    default:
      return NOT_AIX;
  }
}

/** libpcap: written by version 2.3 in either order, so the smaller one is the captured length. */
function isInterchanged(order: LengthOrder, first: u32, second: u32): bool {
  return order == LengthOrder.WIRE_FIRST || (order == LengthOrder.SMALLER_IS_CAPTURED && first > second);
}

/** True where a file header of version 2.4 is in place of a record's: read as one, it has no bytes captured. */
function beginsPcap(at: usize): bool {
  const big = u32be(at);
  const isBig = big == MAGIC_MICROSECONDS || big == MAGIC_NANOSECONDS;
  const little = u32le(at);
  if (!isBig && little != MAGIC_MICROSECONDS && little != MAGIC_NANOSECONDS) return false;
  return u16In(at + MAJOR, !isBig) == 2 && u16In(at + MINOR, !isBig) == 4;
}

function beginsPcapng(at: usize): bool {
  if (u32be(at) != PCAPNG_TYPE) return false;
  return u32be(at + 8) == PCAPNG_BYTE_ORDER || u32le(at + 8) == PCAPNG_BYTE_ORDER;
}
