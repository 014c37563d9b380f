/**
 * What the readers of pcap and pcapng share: where they are in the block, what they need, and what is wrong.
 *
 * Both walk records in the block at hand until the batch is full, the block is used up, or a record is wrong. Records
 * found before that are handed over first; the walk that then begins at the wrong record, with an empty batch, ends the
 * capture. The host fills the block, and has the words for flaws and ends.
 */
import { PacketBatch } from './packet-batch';

/**
 * Bytes captured of one packet, at most: libpcap's MAXIMUM_SNAPLEN. libpcap lets USB and D-Bus captures have longer
 * packets; no such link layer carries what Sluice looks for. A snapshot length in the file is not enforced: bytes that
 * are there beyond it are packet bytes all the same.
 */
export const LARGEST_CAPTURED_LENGTH: u32 = 262_144;

/** What a walk stopped at. */
export enum Walk {
  BATCH_FULL = 0,
  NEEDS_MORE = 1,
  FAULTY = 2,
}

/** What is wrong with a file header, a record or a block. */
export enum Flaw {
  NONE = 0,
  /** pcapng. */
  NO_BYTE_ORDER = 1,
  VERSION = 2,
  LENGTH = 3,
  REPEATED_LENGTH = 4,
  TOO_LARGE = 5,
  TOO_SHORT = 6,
  UNKNOWN_INTERFACE = 7,
  CAPTURED_LENGTH = 8,
  /** pcap: `first` and `second` are the version. */
  PCAP_VERSION = 9,
  ANOTHER_CAPTURE = 10,
  /** pcap: `first` is the captured length. */
  PCAP_CAPTURED_LENGTH = 11,
}

export abstract class RecordReader {
  /**
   * Bytes [at, limit) of the block are there: the host sets both before each call. A walk leaves `at` at the first
   * record that it did not add.
   */
  at: usize = 0;
  limit: usize = 0;
  /** Bytes that the record at hand needs from `at` on, after NEEDS_MORE. */
  need: i32 = 0;
  /** Records that the last walk has added. */
  count: i32 = 0;
  /** After FAULTY with an empty batch: what is wrong, and the numbers in it. */
  flaw: Flaw = Flaw.NONE;
  first: u32 = 0;
  second: u32 = 0;
  /** The header of the file, or of the first section, has been read. */
  isBegun: bool = false;

  /** Fills the batch with up to `capacity` records, in order. A Walk. */
  abstract walk(batch: PacketBatch, capacity: i32): Walk;

  /** Called when nothing more comes. True where what is there can be walked all the same: once at most. */
  goesOnAtEnd(): bool {
    return false;
  }

  /** Bytes of the record or block at hand, at least, where the input ends in it. */
  get cutLength(): u32 {
    return this.need;
  }

  /** Bytes that are there of it. */
  get there(): u32 {
    return <u32>(this.limit - this.at);
  }

  protected restart(need: i32): void {
    this.need = need;
    this.count = 0;
    this.flaw = Flaw.NONE;
    this.isBegun = false;
  }

  protected fail(flaw: Flaw, first: u32, second: u32): Walk {
    this.flaw = flaw;
    this.first = first;
    this.second = second;
    return Walk.FAULTY;
  }
}

export function u16In(at: usize, littleEndian: bool): u32 {
  const number = load<u16>(at);
  return littleEndian ? number : bswap<u16>(number);
}

export function u32In(at: usize, littleEndian: bool): u32 {
  const number = load<u32>(at);
  return littleEndian ? number : bswap<u32>(number);
}
