/**
 * pcapng: blocks of a type, a length, a body and the length again; draft-ietf-opsawg-pcapng.
 * Section Header (each section its own byte order and interfaces), Interface Description, Enhanced, Simple and the
 * obsolete Packet Block; every other block is passed over unread, whatever its size. A Simple Packet Block has no time:
 * its packet time is 0, as in libpcap. Section lengths, options of packets and per-packet drop counts are not used.
 *
 * As in libpcap and Wireshark, what breaks the structure ends the capture: a length that is no multiple of 4, too small,
 * or unequal to its repetition, and a packet of an interface that the section has not described.
 *
 * Safety: a block's body is read only when all of the block lies in [at, limit); blocks that matter are at most
 * LARGEST_RECORD_LENGTH bytes. Each reader of a body checks the body's own fixed length first.
 */
import { LARGEST_RECORD_LENGTH } from '../../../src/capture/input/block-reader.ts';
import type { BlockReader } from '../../../src/capture/input/block-reader.ts';
import type { PacketBatch } from '../../../src/capture/packet-batch.ts';
import type { CaptureEnd } from '../../../src/capture/packet-source.ts';
import { PcapngInterfaces } from './pcapng-interfaces.ts';
import { stampToMicros } from './pcapng-time.ts';
import { faultOf, Flaw, LARGEST_CAPTURED_LENGTH, pcapngCut } from '../../../src/capture/format/record-flaw.ts';
import { LATEST_TIME_US, RecordReader, Walk } from './record-reader.ts';

/* All blocks. */
const TYPE = 0;
const TOTAL_LENGTH = 4;
const BLOCK_HEADER_LENGTH = 8;
const TRAILER_LENGTH = 4;
const SMALLEST_BLOCK_LENGTH = 12;

/* Section Header Block. */
const BYTE_ORDER_MAGIC = 8;
const MAJOR = 12;
const SECTION_START_LENGTH = 12;
const SECTION_BLOCK_LENGTH = 28;

/** Interface Description Block. */
const INTERFACE_BLOCK_LENGTH = 20;

/* Enhanced Packet Block; the obsolete Packet Block has 16 bits of interface and 16 of drops in place of 32. */
const INTERFACE = 8;
const STAMP_HIGH = 12;
const STAMP_LOW = 16;
const CAPTURED_LENGTH = 20;
const WIRE_LENGTH = 24;
const PACKET_DATA = 28;
const PACKET_BLOCK_LENGTH = 32;

/* Simple Packet Block. */
const SIMPLE_WIRE_LENGTH = 8;
const SIMPLE_DATA = 12;
const SIMPLE_BLOCK_LENGTH = 16;

const SECTION_TYPE = 0x0a0d0d0a;
const INTERFACE_TYPE = 1;
const OBSOLETE_PACKET_TYPE = 2;
const SIMPLE_PACKET_TYPE = 3;
const ENHANCED_PACKET_TYPE = 6;

/** The types whose bodies are read. */
const READ_TYPES: ReadonlySet<number> = new Set([
  SECTION_TYPE,
  INTERFACE_TYPE,
  OBSOLETE_PACKET_TYPE,
  SIMPLE_PACKET_TYPE,
  ENHANCED_PACKET_TYPE,
]);

const LITTLE_ENDIAN_MAGIC = 0x4d3c2b1a;
const BIG_ENDIAN_MAGIC = 0x1a2b3c4d;

export class PcapngReader extends RecordReader {
  private littleEndian = true;
  private sectionSeen = false;
  private readonly interfaces = new PcapngInterfaces();
  /** Length of the block at hand where it is not read and exceeds the reader's window, and how much of it is passed. */
  private skipLength = 0;
  private passedLength = 0;

  constructor(reader: BlockReader, compressed: boolean) {
    super(reader, compressed);
    this.need = SECTION_START_LENGTH;
  }

  protected override walk(batch: PacketBatch): Walk {
    const { reader } = this;
    const { data } = reader;
    if (!this.passOver()) return Walk.NEEDS_MORE;
    while (!batch.full) {
      const { at, available } = reader;
      this.need = BLOCK_HEADER_LENGTH;
      if (available < BLOCK_HEADER_LENGTH) return Walk.NEEDS_MORE;
      const type = data.getUint32(at + TYPE, this.littleEndian);
      if (type === SECTION_TYPE) {
        this.need = SECTION_START_LENGTH;
        if (available < SECTION_START_LENGTH) return Walk.NEEDS_MORE;
        if (!this.takeByteOrder(data, at)) return this.stopAt(Flaw.NO_BYTE_ORDER, batch);
      }
      const length = data.getUint32(at + TOTAL_LENGTH, this.littleEndian);
      if (length < SMALLEST_BLOCK_LENGTH || (length & 3) !== 0) return this.stopAt(Flaw.LENGTH, batch);
      if (length > available) return this.wantBlock(type, length, batch);
      if (data.getUint32(at + length - TRAILER_LENGTH, this.littleEndian) !== length) {
        return this.stopAt(Flaw.REPEATED_LENGTH, batch);
      }
      const flaw = this.takeBlock(batch, data, at, type, length);
      if (flaw !== Flaw.NONE) return this.stopAt(flaw, batch);
      reader.at = at + length;
    }
    return Walk.BATCH_FULL;
  }

  protected override get there(): number {
    return this.skipLength > 0 ? this.passedLength : super.there;
  }

  protected override describeCut(at: number, there: number): CaptureEnd {
    const length = this.skipLength > 0 ? this.skipLength : this.need;
    return this.describe(...pcapngCut(this.sectionSeen, length, there), at);
  }

  /** A block that is not wholly there: waits for it, passes over it, or refuses it. */
  private wantBlock(type: number, length: number, batch: PacketBatch): Walk {
    if (length <= LARGEST_RECORD_LENGTH) this.need = length;
    else if (READ_TYPES.has(type)) return this.stopAt(Flaw.TOO_LARGE, batch);
    else this.skipLength = length;
    return Walk.NEEDS_MORE;
  }

  /** Passes over what is there of a block to skip; false while there is more of it to come. */
  private passOver(): boolean {
    if (this.skipLength === 0) return true;
    const step = Math.min(this.skipLength - this.passedLength, this.reader.available);
    this.reader.at += step;
    this.passedLength += step;
    this.need = 1;
    if (this.passedLength < this.skipLength) return false;
    this.skipLength = 0;
    this.passedLength = 0;
    return true;
  }

  /** Ends the capture, or first lets the rows before the flaw be handed over. */
  private stopAt(flaw: Exclude<Flaw, 0>, batch: PacketBatch): Walk {
    return batch.count > 0 ? Walk.FAULTY : this.fail(...faultOf(flaw));
  }

  /** [at, at + length) is there. */
  private takeBlock(batch: PacketBatch, data: DataView, at: number, type: number, length: number): Flaw {
    switch (type) {
      case ENHANCED_PACKET_TYPE: {
        if (length < PACKET_BLOCK_LENGTH) return Flaw.TOO_SHORT;
        return this.takePacket(batch, data, at, length, data.getUint32(at + INTERFACE, this.littleEndian));
      }
      case OBSOLETE_PACKET_TYPE: {
        if (length < PACKET_BLOCK_LENGTH) return Flaw.TOO_SHORT;
        return this.takePacket(batch, data, at, length, data.getUint16(at + INTERFACE, this.littleEndian));
      }
      case SIMPLE_PACKET_TYPE:
        return this.takeSimplePacket(batch, data, at, length);
      case INTERFACE_TYPE:
        if (length < INTERFACE_BLOCK_LENGTH) return Flaw.TOO_SHORT;
        this.interfaces.add(data, at, at + length - TRAILER_LENGTH, this.littleEndian);
        return Flaw.NONE;
      case SECTION_TYPE:
        if (length < SECTION_BLOCK_LENGTH) return Flaw.TOO_SHORT;
        if (data.getUint16(at + MAJOR, this.littleEndian) !== 1) return Flaw.VERSION;
        this.sectionSeen = true;
        this.interfaces.clear();
        return Flaw.NONE;
      default:
        return Flaw.NONE;
    }
  }

  private takePacket(batch: PacketBatch, data: DataView, at: number, length: number, row: number): Flaw {
    const { interfaces, littleEndian } = this;
    if (row >= interfaces.count) return Flaw.UNKNOWN_INTERFACE;
    const capturedLength = data.getUint32(at + CAPTURED_LENGTH, littleEndian);
    if (capturedLength > length - PACKET_BLOCK_LENGTH || capturedLength > LARGEST_CAPTURED_LENGTH) {
      return Flaw.CAPTURED_LENGTH;
    }
    const high = data.getUint32(at + STAMP_HIGH, littleEndian);
    const low = data.getUint32(at + STAMP_LOW, littleEndian);
    const timeUs = stampToMicros(high, low, interfaces.resolution[row]!) + interfaces.offsetUs[row]!;
    const wireLength = Math.max(data.getUint32(at + WIRE_LENGTH, littleEndian), capturedLength);
    const bounded = timeUs < 0 ? 0 : timeUs > LATEST_TIME_US ? LATEST_TIME_US : timeUs;
    batch.push(at + PACKET_DATA, capturedLength, wireLength, bounded, interfaces.linkType[row]!);
    return Flaw.NONE;
  }

  /** The captured length is not in the block: it is the wire length, or the first interface's snapshot length. */
  private takeSimplePacket(batch: PacketBatch, data: DataView, at: number, length: number): Flaw {
    const { interfaces } = this;
    if (length < SIMPLE_BLOCK_LENGTH) return Flaw.TOO_SHORT;
    if (interfaces.count === 0) return Flaw.UNKNOWN_INTERFACE;
    const wireLength = data.getUint32(at + SIMPLE_WIRE_LENGTH, this.littleEndian);
    const snapshotLength = interfaces.snapshotLength[0]!;
    const capturedLength = snapshotLength === 0 ? wireLength : Math.min(wireLength, snapshotLength);
    if (capturedLength > length - SIMPLE_BLOCK_LENGTH || capturedLength > LARGEST_CAPTURED_LENGTH) {
      return Flaw.CAPTURED_LENGTH;
    }
    batch.push(at + SIMPLE_DATA, capturedLength, wireLength, 0, interfaces.linkType[0]!);
    return Flaw.NONE;
  }

  /** The section header's type reads the same in both orders; its magic tells which one holds from here on. */
  private takeByteOrder(data: DataView, at: number): boolean {
    const magic = data.getUint32(at + BYTE_ORDER_MAGIC);
    if (magic !== LITTLE_ENDIAN_MAGIC && magic !== BIG_ENDIAN_MAGIC) return false;
    this.littleEndian = magic === LITTLE_ENDIAN_MAGIC;
    return true;
  }
}
