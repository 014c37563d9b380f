/**
 * The interfaces of one pcapng section: a packet names its interface by number. draft-ietf-opsawg-pcapng, section 4.2.
 *
 * Invariant: rows [0, count) hold the interfaces in the order of their blocks. Interfaces beyond INTERFACES_LIMIT are
 * passed over, so a packet of one is a packet of an unknown interface.
 *
 * Options are read as far as they make sense; a malformed one ends them, and the defaults stay for the rest.
 */
import { byteAt } from '../memory';
import { Slab } from '../slab';
import { DEFAULT_RESOLUTION, offsetToMicros } from './pcapng-time';
import { u16In, u32In } from './record-reader';

/** 16 MB of rows: what a hostile file of nothing but interfaces can make us hold. */
const INTERFACES_LIMIT: i32 = 1 << 20;
/** Rows in a chunk, as a power of two. */
const CHUNK_BITS: i32 = 14;

/* Interface Description Block, from the block's start. */
const LINK_TYPE: i32 = 8;
const SNAPSHOT_LENGTH: i32 = 12;
const OPTIONS: i32 = 16;

/* Options: code (2), length (2), value padded to 4. */
const OPTION_HEADER_LENGTH: i32 = 4;
const OPTION_END: u32 = 0;
const OPTION_RESOLUTION: u32 = 9;
const OPTION_OFFSET: u32 = 14;

// @ts-ignore: decorator
@unmanaged
@final
export class PcapngInterface {
  /** Microseconds to add to every stamp. */
  offsetUs: f64;
  /** 0: no limit. */
  snapshotLength: u32;
  linkType: u16;
  /** if_tsresol byte. */
  resolution: u8;
}

const ROW_LENGTH: usize = 16;

@final
export class PcapngInterfaces {
  count: i32 = 0;
  private readonly rows: Slab = new Slab(ROW_LENGTH, CHUNK_BITS, INTERFACES_LIMIT);

  /** A new section: its interfaces count from 0. */
  clear(): void {
    this.count = 0;
  }

  /** An interface below `count`. */
  at(index: i32): PcapngInterface {
    return changetype<PcapngInterface>(this.rows.at(index));
  }

  /**
   * Adds the interface of the block in [at, bodyEnd), `bodyEnd` the address of the trailing length, at least 16 after
   * `at`.
   */
  add(at: usize, bodyEnd: usize, littleEndian: bool): void {
    if (this.count == INTERFACES_LIMIT) return;
    const index = this.count++;
    this.rows.reserve(index);
    const row = this.at(index);
    row.linkType = <u16>u16In(at + LINK_TYPE, littleEndian);
    row.snapshotLength = u32In(at + SNAPSHOT_LENGTH, littleEndian);
    row.resolution = <u8>DEFAULT_RESOLUTION;
    row.offsetUs = 0;
    decodeOptions(row, at + OPTIONS, bodyEnd, littleEndian);
  }
}

function decodeOptions(row: PcapngInterface, from: usize, to: usize, littleEndian: bool): void {
  for (let at = from; <i32>(to - at) >= OPTION_HEADER_LENGTH;) {
    const code = u16In(at, littleEndian);
    const length = <i32>u16In(at + 2, littleEndian);
    const valueAt = at + OPTION_HEADER_LENGTH;
    if (code == OPTION_END || <i32>(to - valueAt) < length) return;
    if (code == OPTION_RESOLUTION && length == 1) row.resolution = <u8>byteAt(valueAt);
    if (code == OPTION_OFFSET && length == 8) row.offsetUs = decodeOffset(valueAt, littleEndian);
    at = valueAt + ((length + 3) & ~3);
  }
}

function decodeOffset(at: usize, littleEndian: bool): f64 {
  const first = u32In(at, littleEndian);
  const second = u32In(at + 4, littleEndian);
  return littleEndian ? offsetToMicros(second, first) : offsetToMicros(first, second);
}
