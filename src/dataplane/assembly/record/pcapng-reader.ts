/**
 * pcapng: blocks of a type, a length, a body and the length again; draft-ietf-opsawg-pcapng.
 * Section Header (each section its own byte order and interfaces), Interface Description, Enhanced, Simple and the
 * obsolete Packet Block; every other block is passed over unread, whatever its size. A Simple Packet Block has no time:
 * its packet time is 0, as in libpcap. Section lengths, options of packets and per-packet drop counts are not used.
 *
 * As in libpcap and Wireshark, what breaks the structure ends the capture: a length that is no multiple of 4, too
 * small, or unequal to its repetition, and a packet of an interface that the section has not described.
 *
 * Safety: a block's body is read only when all of the block is in [at, limit); blocks that matter are at most
 * LARGEST_RECORD_LENGTH bytes. Each reader of a body checks the body's own fixed length first.
 */
import { u32be } from '../memory';
import { PacketBatch } from './packet-batch';
import { PcapngInterface, PcapngInterfaces } from './pcapng-interfaces';
import { stampToMicros } from './pcapng-time';
import { Flaw, LARGEST_CAPTURED_LENGTH, RecordReader, u16In, u32In, Walk } from './record-reader';

/* All blocks. */
const TYPE: i32 = 0;
const TOTAL_LENGTH: i32 = 4;
const BLOCK_HEADER_LENGTH: u32 = 8;
const TRAILER_LENGTH: i32 = 4;
const SMALLEST_BLOCK_LENGTH: u32 = 12;
/** The longest block that can be made contiguous: the host's block has that much room before what it reads. */
const LARGEST_RECORD_LENGTH: u32 = 1 << 20;

/* Section Header Block. */
const BYTE_ORDER_MAGIC: i32 = 8;
const MAJOR: i32 = 12;
const SECTION_START_LENGTH: u32 = 12;
const SECTION_BLOCK_LENGTH: i32 = 28;

/** Interface Description Block. */
const INTERFACE_BLOCK_LENGTH: i32 = 20;

/* Enhanced Packet Block; the obsolete Packet Block has 16 bits of interface and 16 of drops in place of 32. */
const INTERFACE: i32 = 8;
const STAMP_HIGH: i32 = 12;
const STAMP_LOW: i32 = 16;
const CAPTURED_LENGTH: i32 = 20;
const WIRE_LENGTH: i32 = 24;
const PACKET_DATA: i32 = 28;
const PACKET_BLOCK_LENGTH: i32 = 32;

/* Simple Packet Block. */
const SIMPLE_WIRE_LENGTH: i32 = 8;
const SIMPLE_DATA: i32 = 12;
const SIMPLE_BLOCK_LENGTH: i32 = 16;

const SECTION_TYPE: u32 = 0x0a0d0d0a;
const INTERFACE_TYPE: u32 = 1;
const OBSOLETE_PACKET_TYPE: u32 = 2;
const SIMPLE_PACKET_TYPE: u32 = 3;
const ENHANCED_PACKET_TYPE: u32 = 6;

const LITTLE_ENDIAN_MAGIC: u32 = 0x4d3c2b1a;
const BIG_ENDIAN_MAGIC: u32 = 0x1a2b3c4d;

/** The latest packet time: the last microsecond that a double counts exactly. */
const LATEST_TIME_US: f64 = 9_007_199_254_740_991;

@final
export class PcapngReader extends RecordReader {
  private littleEndian: bool = true;
  private readonly interfaces: PcapngInterfaces = new PcapngInterfaces();
  /**
   * Length of the block at hand where it is not read and larger than the host's block, and how much of it is passed.
   */
  private skipLength: u32 = 0;
  private passedLength: u32 = 0;
  /** The batch to fill. */
  private batch: PacketBatch = changetype<PacketBatch>(0);

  /** A new capture. */
  begin(): void {
    this.restart(SECTION_START_LENGTH);
    this.littleEndian = true;
    this.interfaces.clear();
    this.skipLength = 0;
    this.passedLength = 0;
  }

  walk(batch: PacketBatch, capacity: i32): Walk {
    this.count = 0;
    this.batch = batch;
    if (!this.passOver()) return Walk.NEEDS_MORE;
    while (this.count < capacity) {
      const at = this.at;
      const available = <u32>(this.limit - at);
      this.need = BLOCK_HEADER_LENGTH;
      if (available < BLOCK_HEADER_LENGTH) return Walk.NEEDS_MORE;
      const type = u32In(at + TYPE, this.littleEndian);
      if (type == SECTION_TYPE) {
        this.need = SECTION_START_LENGTH;
        if (available < SECTION_START_LENGTH) return Walk.NEEDS_MORE;
        if (!this.takeByteOrder(at)) return this.stopAt(Flaw.NO_BYTE_ORDER);
      }
      const length = u32In(at + TOTAL_LENGTH, this.littleEndian);
      if (length < SMALLEST_BLOCK_LENGTH || (length & 3) != 0) return this.stopAt(Flaw.LENGTH);
      if (length > available) return this.wantBlock(type, length);
      if (u32In(at + length - TRAILER_LENGTH, this.littleEndian) != length) return this.stopAt(Flaw.REPEATED_LENGTH);
      const flaw = this.takeBlock(at, type, <i32>length);
      if (flaw != Flaw.NONE) return this.stopAt(flaw);
      this.at = at + length;
    }
    return Walk.BATCH_FULL;
  }

  get cutLength(): u32 {
    return this.skipLength > 0 ? this.skipLength : this.need;
  }

  get there(): u32 {
    return this.skipLength > 0 ? this.passedLength : <u32>(this.limit - this.at);
  }

  /** A block that is not wholly there: waits for it, passes over it, or refuses it. */
  private wantBlock(type: u32, length: u32): Walk {
    if (length <= LARGEST_RECORD_LENGTH) this.need = <i32>length;
    else if (isReadType(type)) return this.stopAt(Flaw.TOO_LARGE);
    else this.skipLength = length;
    return Walk.NEEDS_MORE;
  }

  /** Passes over what is there of a block to skip; false while there is more of it to come. */
  private passOver(): bool {
    if (this.skipLength == 0) return true;
    const step = min(this.skipLength - this.passedLength, <u32>(this.limit - this.at));
    this.at += step;
    this.passedLength += step;
    this.need = 1;
    if (this.passedLength < this.skipLength) return false;
    this.skipLength = 0;
    this.passedLength = 0;
    return true;
  }

  /** Ends the capture, or first lets the records before the flaw be handed over. */
  private stopAt(flaw: Flaw): Walk {
    return this.count > 0 ? Walk.FAULTY : this.fail(flaw, 0, 0);
  }

  /** [at, at + length) is there. */
  private takeBlock(at: usize, type: u32, length: i32): Flaw {
    switch (type) {
      case ENHANCED_PACKET_TYPE: {
        if (length < PACKET_BLOCK_LENGTH) return Flaw.TOO_SHORT;
        return this.takePacket(at, length, u32In(at + INTERFACE, this.littleEndian));
      }
      case OBSOLETE_PACKET_TYPE: {
        if (length < PACKET_BLOCK_LENGTH) return Flaw.TOO_SHORT;
        return this.takePacket(at, length, u16In(at + INTERFACE, this.littleEndian));
      }
      case SIMPLE_PACKET_TYPE:
        return this.takeSimplePacket(at, length);
      case INTERFACE_TYPE:
        if (length < INTERFACE_BLOCK_LENGTH) return Flaw.TOO_SHORT;
        this.interfaces.add(at, at + length - TRAILER_LENGTH, this.littleEndian);
        return Flaw.NONE;
      case SECTION_TYPE:
        if (length < SECTION_BLOCK_LENGTH) return Flaw.TOO_SHORT;
        if (u16In(at + MAJOR, this.littleEndian) != 1) return Flaw.VERSION;
        this.isBegun = true;
        this.interfaces.clear();
        return Flaw.NONE;
      default:
        return Flaw.NONE;
    }
  }

  private takePacket(at: usize, length: i32, index: u32): Flaw {
    const interfaces = this.interfaces;
    const little = this.littleEndian;
    if (index >= <u32>interfaces.count) return Flaw.UNKNOWN_INTERFACE;
    const capturedLength = u32In(at + CAPTURED_LENGTH, little);
    if (capturedLength > <u32>(length - PACKET_BLOCK_LENGTH) || capturedLength > LARGEST_CAPTURED_LENGTH) {
      return Flaw.CAPTURED_LENGTH;
    }
    const description = interfaces.at(<i32>index);
    const high = u32In(at + STAMP_HIGH, little);
    const low = u32In(at + STAMP_LOW, little);
    const timeUs = stampToMicros(high, low, description.resolution) + description.offsetUs;
    const wireLength = max(u32In(at + WIRE_LENGTH, little), capturedLength);
    const bounded: f64 = timeUs < 0 ? 0 : timeUs > LATEST_TIME_US ? LATEST_TIME_US : timeUs;
    this.push(at + PACKET_DATA, capturedLength, wireLength, bounded, description);
    return Flaw.NONE;
  }

  /** The captured length is not in the block: it is the wire length, or the first interface's snapshot length. */
  private takeSimplePacket(at: usize, length: i32): Flaw {
    const interfaces = this.interfaces;
    if (length < SIMPLE_BLOCK_LENGTH) return Flaw.TOO_SHORT;
    if (interfaces.count == 0) return Flaw.UNKNOWN_INTERFACE;
    const description = interfaces.at(0);
    const wireLength = u32In(at + SIMPLE_WIRE_LENGTH, this.littleEndian);
    const snapshotLength = description.snapshotLength;
    const capturedLength = snapshotLength == 0 ? wireLength : min(wireLength, snapshotLength);
    if (capturedLength > <u32>(length - SIMPLE_BLOCK_LENGTH) || capturedLength > LARGEST_CAPTURED_LENGTH) {
      return Flaw.CAPTURED_LENGTH;
    }
    this.push(at + SIMPLE_DATA, capturedLength, wireLength, 0, description);
    return Flaw.NONE;
  }

  private push(at: usize, capturedLength: u32, wireLength: u32, timeUs: f64, description: PcapngInterface): void {
    this.batch.set(this.count, at, capturedLength, wireLength, timeUs, description.linkType);
    this.count++;
  }

  /** The section header's type reads the same in both orders; its magic tells which one holds from here on. */
  private takeByteOrder(at: usize): bool {
    const magic = u32be(at + BYTE_ORDER_MAGIC);
    if (magic != LITTLE_ENDIAN_MAGIC && magic != BIG_ENDIAN_MAGIC) return false;
    this.littleEndian = magic == LITTLE_ENDIAN_MAGIC;
    return true;
  }
}

/** The types whose bodies are read. */
function isReadType(type: u32): bool {
  return (
    type == SECTION_TYPE ||
    type == INTERFACE_TYPE ||
    type == OBSOLETE_PACKET_TYPE ||
    type == SIMPLE_PACKET_TYPE ||
    type == ENHANCED_PACKET_TYPE
  );
}
