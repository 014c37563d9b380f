/**
 * Classic pcap: a file header of 24 bytes, then records of a header and the captured bytes.
 * draft-ietf-opsawg-pcap; the variants as libpcap's sf-pcap.c reads them: nanosecond magic, Alexey Kuznetzov's modified
 * magic, versions before 2.3 and DG/UX's 543.0 with the two lengths interchanged. Red Hat's, SuSE's and Nokia's longer record
 * headers are told by trial (pcap-variants).
 *
 * AIX writes version 2.2, nanoseconds under the magic of microseconds, and interface types (RFC 1573) for link types; older
 * libpcaps wrote version 2.2 too, but none of these link types but 9.
 *
 * Not enforced: the file's snapshot length (see record-reader).
 *
 * Safety: `walk` reads record headers only where `limit - at` covers them, and adds a packet only where all of its
 * captured bytes lie before `limit`. A record is at most 28 + LARGEST_CAPTURED_LENGTH bytes.
 */
import type { BlockReader } from '../../../src/capture/input/block-reader.ts';
import type { PacketBatch } from '../../../src/capture/packet-batch.ts';
import type { CaptureEnd } from '../../../src/capture/packet-source.ts';
import { RECORD_HEADER_LENGTH, recordHeaderLengthOf } from './pcap-variants.ts';
import { faultOf, Flaw, LARGEST_CAPTURED_LENGTH, pcapCut } from '../../../src/capture/format/record-flaw.ts';
import { RecordReader, Walk } from './record-reader.ts';

/* File header. */
const MAGIC = 0;
const MAJOR = 4;
const MINOR = 6;
const LINK_TYPE = 20;
const FILE_HEADER_LENGTH = 24;

/* Record header, all fields in the file's byte order. */
const SECONDS = 0;
const FRACTION = 4;
const CAPTURED_LENGTH = 8;
const WIRE_LENGTH = 12;

const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const MAGIC_NANOSECONDS = 0xa1b23c4d;
const MAGIC_MODIFIED = 0xa1b2cd34;

/* A pcapng file begins with a block type and a length, and has its byte order where a record has its captured length. */
const PCAPNG_TYPE = 0x0a0d0d0a;
const PCAPNG_BYTE_ORDER = 0x1a2b3c4d;

/** The link type's upper six bits hold other things (FCS length): libpcap's LT_LINKTYPE. */
const LINK_TYPE_MASK = 0x03ffffff;
/** Stands for link types beyond the registry's 16 bits. */
const UNKNOWN_LINK_TYPE = 0xffff;

/** Link types by AIX's interface types: Ethernet, Token Ring, FDDI, loopback. */
const AIX_LINK_TYPES: ReadonlyMap<number, number> = new Map([
  [6, 1],
  [9, 6],
  [15, 10],
  [24, 0],
]);

/** Whether a record's two lengths are in the other order. */
const LengthOrder = { CAPTURED_FIRST: 0, WIRE_FIRST: 1, SMALLER_IS_CAPTURED: 2 } as const;
type LengthOrder = (typeof LengthOrder)[keyof typeof LengthOrder];

export class PcapReader extends RecordReader {
  private headerRead = false;
  private littleEndian = true;
  private nanoseconds = false;
  private recordHeaderLength = RECORD_HEADER_LENGTH;
  private lengthOrder: LengthOrder = LengthOrder.CAPTURED_FIRST;
  private linkType = 0;
  /** How long record headers are is yet to be told, by the first record and the next header. */
  private isUndecided = false;
  private isModified = false;

  constructor(reader: BlockReader, compressed: boolean) {
    super(reader, compressed);
    this.need = FILE_HEADER_LENGTH;
  }

  protected override walk(batch: PacketBatch): Walk {
    if (!this.headerRead) {
      if (this.reader.available < FILE_HEADER_LENGTH) return Walk.NEEDS_MORE;
      if (!this.decodeFileHeader()) return Walk.FAULTY;
    }
    if (this.isUndecided && !this.decideRecords(false)) return Walk.NEEDS_MORE;
    return this.walkRecords(batch);
  }

  /** False: no pcap that can be read, `fail` was told. */
  private decodeFileHeader(): boolean {
    const { data, at } = this.reader;
    this.littleEndian = data.getUint16(at + MAGIC) !== 0xa1b2;
    const little = this.littleEndian;
    const magic = data.getUint32(at + MAGIC, little);
    const major = data.getUint16(at + MAJOR, little);
    const minor = data.getUint16(at + MINOR, little);
    if (!(major === 2 && minor <= 4) && !(major === 543 && minor === 0)) {
      this.fail(...faultOf(Flaw.PCAP_VERSION, major, minor));
      return false;
    }
    const linkType = data.getUint32(at + LINK_TYPE, little) & LINK_TYPE_MASK;
    this.linkType = Math.min(linkType, UNKNOWN_LINK_TYPE);
    this.nanoseconds = magic === MAGIC_NANOSECONDS;
    this.isModified = magic === MAGIC_MODIFIED;
    this.isUndecided = this.isModified || (magic === MAGIC_MICROSECONDS && major === 2 && minor === 4);
    const aixLinkType = major === 2 && minor === 2 ? AIX_LINK_TYPES.get(linkType) : undefined;
    if (aixLinkType !== undefined) {
      this.linkType = aixLinkType;
      this.nanoseconds = true;
    }
    if (major === 543 || minor < 3) this.lengthOrder = LengthOrder.WIRE_FIRST;
    else if (minor === 3) this.lengthOrder = LengthOrder.SMALLER_IS_CAPTURED;
    this.headerRead = true;
    this.reader.at = at + FILE_HEADER_LENGTH;
    return true;
  }

  /** False while more has to be there to tell how long record headers are; `isEnd`: nothing more comes. */
  private decideRecords(isEnd: boolean): boolean {
    const { data, at, limit } = this.reader;
    const { littleEndian, isModified } = this;
    const first = { data, at, limit, littleEndian, isModified, largestCapturedLength: LARGEST_CAPTURED_LENGTH, isEnd };
    const length = recordHeaderLengthOf(first);
    if (length < 0) {
      this.need = -length;
      return false;
    }
    this.recordHeaderLength = length;
    this.isUndecided = false;
    return true;
  }

  protected override goesOnAtEnd(): boolean {
    return this.headerRead && this.isUndecided && this.decideRecords(true);
  }

  private walkRecords(batch: PacketBatch): Walk {
    const { reader, recordHeaderLength, lengthOrder, littleEndian, nanoseconds, linkType } = this;
    const { data, limit } = reader;
    const { capacity, at: ats, capturedLength: capturedLengths, wireLength: wireLengths, timeUs: times } = batch;
    let at = reader.at;
    let stop: Walk = Walk.BATCH_FULL;
    let row = 0;
    this.need = recordHeaderLength;
    for (; row < capacity; row++) {
      if (limit - at < recordHeaderLength) {
        stop = Walk.NEEDS_MORE;
        break;
      }
      let capturedLength = data.getUint32(at + CAPTURED_LENGTH, littleEndian);
      let wireLength = data.getUint32(at + WIRE_LENGTH, littleEndian);
      if (lengthOrder !== LengthOrder.CAPTURED_FIRST && isInterchanged(lengthOrder, capturedLength, wireLength)) {
        const first = capturedLength;
        capturedLength = wireLength;
        wireLength = first;
      }
      if (capturedLength > LARGEST_CAPTURED_LENGTH || (capturedLength === 0 && beginsPcap(data, at))) {
        stop = Walk.FAULTY;
        break;
      }
      const dataAt = at + recordHeaderLength;
      if (limit - dataAt < capturedLength) {
        this.need = recordHeaderLength + capturedLength;
        stop = Walk.NEEDS_MORE;
        break;
      }
      const fraction = data.getUint32(at + FRACTION, littleEndian);
      ats[row] = dataAt;
      capturedLengths[row] = capturedLength;
      wireLengths[row] = wireLength < capturedLength ? capturedLength : wireLength;
      times[row] =
        data.getUint32(at + SECONDS, littleEndian) * 1_000_000 + (nanoseconds ? Math.floor(fraction / 1000) : fraction);
      at = dataAt + capturedLength;
    }
    reader.at = at;
    batch.linkType.fill(linkType, 0, row);
    batch.count = row;
    if (stop === Walk.FAULTY && batch.count === 0) this.failLength();
    return stop;
  }

  /** The captured length of the record at hand is over the limit, or another capture's header is in its place. */
  private failLength(): void {
    const { data, at } = this.reader;
    if (beginsPcap(data, at) || beginsPcapng(data, at)) {
      this.fail(...faultOf(Flaw.ANOTHER_CAPTURE));
      return;
    }
    const first = data.getUint32(at + CAPTURED_LENGTH, this.littleEndian);
    const second = data.getUint32(at + WIRE_LENGTH, this.littleEndian);
    const length = isInterchanged(this.lengthOrder, first, second) ? second : first;
    this.fail(...faultOf(Flaw.PCAP_CAPTURED_LENGTH, length));
  }

  protected override describeCut(at: number, there: number): CaptureEnd {
    return this.describe(...pcapCut(this.headerRead, this.need, there), at);
  }
}

/** libpcap: written by version 2.3 in either order, so the smaller one is the captured length. */
function isInterchanged(order: LengthOrder, first: number, second: number): boolean {
  return order === LengthOrder.WIRE_FIRST || (order === LengthOrder.SMALLER_IS_CAPTURED && first > second);
}

/** True where a file header of version 2.4 stands in place of a record's: read as one, it has no bytes captured. */
function beginsPcap(data: DataView, at: number): boolean {
  const big = data.getUint32(at);
  const isBig = big === MAGIC_MICROSECONDS || big === MAGIC_NANOSECONDS;
  const little = data.getUint32(at, true);
  if (!isBig && little !== MAGIC_MICROSECONDS && little !== MAGIC_NANOSECONDS) return false;
  return data.getUint16(at + MAJOR, !isBig) === 2 && data.getUint16(at + MINOR, !isBig) === 4;
}

function beginsPcapng(data: DataView, at: number): boolean {
  if (data.getUint32(at) !== PCAPNG_TYPE) return false;
  return data.getUint32(at + 8) === PCAPNG_BYTE_ORDER || data.getUint32(at + 8, true) === PCAPNG_BYTE_ORDER;
}
