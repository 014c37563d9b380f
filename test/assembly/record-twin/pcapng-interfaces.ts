/**
 * The interfaces of one pcapng section, as columns: a packet names its interface by number, and 100,000 of them cost
 * 23 bytes each. draft-ietf-opsawg-pcapng, section 4.2.
 *
 * Invariant: rows [0, count) hold the interfaces in the order of their blocks. Interfaces beyond INTERFACES_LIMIT are
 * passed over, so a packet of one is a packet of an unknown interface.
 *
 * Options are read as far as they make sense; a malformed one ends them, and the defaults stand for the rest.
 */
import { DEFAULT_RESOLUTION, offsetToMicros } from './pcapng-time.ts';

/** 24 MB of columns: what a hostile file of nothing but interfaces can make us hold. */
const INTERFACES_LIMIT = 1 << 20;
const FIRST_CAPACITY = 16;

/* Interface Description Block, from the block's start. */
const LINK_TYPE = 8;
const SNAPSHOT_LENGTH = 12;
const OPTIONS = 16;

/* Options: code (2), length (2), value padded to 4. */
const OPTION_HEADER_LENGTH = 4;
const OPTION_END = 0;
const OPTION_RESOLUTION = 9;
const OPTION_OFFSET = 14;

export class PcapngInterfaces {
  count = 0;
  linkType = new Uint16Array(FIRST_CAPACITY);
  /** 0: no limit. */
  snapshotLength = new Uint32Array(FIRST_CAPACITY);
  /** if_tsresol byte. */
  resolution = new Uint8Array(FIRST_CAPACITY);
  /** Microseconds to add to every stamp. */
  offsetUs = new Float64Array(FIRST_CAPACITY);

  /** A new section: its interfaces count from 0. */
  clear(): void {
    this.count = 0;
  }

  /** Adds the interface of the block in [at, bodyEnd), `bodyEnd` the offset of the trailing length, >= at + 16. */
  add(data: DataView, at: number, bodyEnd: number, littleEndian: boolean): void {
    if (this.count === INTERFACES_LIMIT) return;
    if (this.count === this.linkType.length) this.grow();
    const row = this.count++;
    this.linkType[row] = data.getUint16(at + LINK_TYPE, littleEndian);
    this.snapshotLength[row] = data.getUint32(at + SNAPSHOT_LENGTH, littleEndian);
    this.resolution[row] = DEFAULT_RESOLUTION;
    this.offsetUs[row] = 0;
    this.decodeOptions(row, data, at + OPTIONS, bodyEnd, littleEndian);
  }

  private decodeOptions(row: number, data: DataView, from: number, to: number, littleEndian: boolean): void {
    for (let at = from; to - at >= OPTION_HEADER_LENGTH;) {
      const code = data.getUint16(at, littleEndian);
      const length = data.getUint16(at + 2, littleEndian);
      const valueAt = at + OPTION_HEADER_LENGTH;
      if (code === OPTION_END || to - valueAt < length) return;
      if (code === OPTION_RESOLUTION && length === 1) this.resolution[row] = data.getUint8(valueAt);
      if (code === OPTION_OFFSET && length === 8) this.offsetUs[row] = decodeOffset(data, valueAt, littleEndian);
      at = valueAt + ((length + 3) & ~3);
    }
  }

  private grow(): void {
    const capacity = this.linkType.length * 2;
    this.linkType = copyInto(new Uint16Array(capacity), this.linkType);
    this.snapshotLength = copyInto(new Uint32Array(capacity), this.snapshotLength);
    this.resolution = copyInto(new Uint8Array(capacity), this.resolution);
    this.offsetUs = copyInto(new Float64Array(capacity), this.offsetUs);
  }
}

function decodeOffset(data: DataView, at: number, littleEndian: boolean): number {
  const first = data.getUint32(at, littleEndian);
  const second = data.getUint32(at + 4, littleEndian);
  return littleEndian ? offsetToMicros(second, first) : offsetToMicros(first, second);
}

function copyInto<T extends { set(source: ArrayLike<number>): void }>(target: T, source: ArrayLike<number>): T {
  target.set(source);
  return target;
}
