/** The readers of both formats, one of which reads the file at hand, and what the host calls of them. */
import { leavePacket, readPacket } from '../memory';
import { PacketBatch } from './packet-batch';
import { PcapReader } from './pcap-reader';
import { PcapngReader } from './pcapng-reader';
import { RecordReader, Walk } from './record-reader';

@final
class RecordReaders {
  private readonly pcap: PcapReader = new PcapReader();
  private readonly pcapng: PcapngReader = new PcapngReader();
  /** The reader of the file at hand. */
  current: RecordReader = this.pcap;

  /** Begins a file, of one format or the other. */
  open(isPcapng: bool): void {
    if (isPcapng) {
      this.pcapng.begin();
      this.current = this.pcapng;
    } else {
      this.pcap.begin();
      this.current = this.pcap;
    }
  }

  /** Fills a batch with up to `capacity` records of [at, limit). A Walk. */
  walk(batch: PacketBatch, capacity: i32, at: usize, limit: usize): Walk {
    const reader = this.current;
    reader.at = at;
    reader.limit = limit;
    readPacket(at, limit);
    const stop = reader.walk(batch, capacity);
    leavePacket();
    return stop;
  }

  /** Nothing more comes after [at, limit). True where what is there can be walked all the same: once at most. */
  goesOnAtEnd(at: usize, limit: usize): bool {
    const reader = this.current;
    reader.at = at;
    reader.limit = limit;
    readPacket(at, limit);
    const goesOn = reader.goesOnAtEnd();
    leavePacket();
    return goesOn;
  }
}

/** Captures are read without a dataplane too. */
const readers = new RecordReaders();

/** Begins a file: pcapng, or pcap. */
export function openFile(isPcapng: bool): void {
  readers.open(isPcapng);
}

/**
 * Fills the batch with up to `capacity` records of [at, limit). Returns what the walk stopped at (record/record-reader,
 * Walk); the functions after this one say more.
 */
export function walk(batch: usize, capacity: i32, at: usize, limit: usize): i32 {
  return readers.walk(changetype<PacketBatch>(batch), capacity, at, limit);
}

/** How many records the batch has. */
export function count(): i32 {
  return readers.current.count;
}

/** The address of the first record that was not walked, and bytes that it needs. */
export function placeAfter(): usize {
  return readers.current.at;
}

export function need(): i32 {
  return readers.current.need;
}

/** What is wrong with it (Flaw), and the numbers in it. */
export function flaw(): i32 {
  return readers.current.flaw;
}

export function firstNumber(): u32 {
  return readers.current.first;
}

export function secondNumber(): u32 {
  return readers.current.second;
}

/** Nothing more comes after [at, limit). True where what is there can be walked again all the same: once at most. */
export function goesOnAtEnd(at: usize, limit: usize): bool {
  return readers.goesOnAtEnd(at, limit);
}

/** Whether the header of the file, or of the first section, has been read. */
export function isBegun(): bool {
  return readers.current.isBegun;
}

/** Bytes that the record at hand has at least, where the input ends in it, and bytes that are there of it. */
export function cutLength(): u32 {
  return readers.current.cutLength;
}

export function there(): u32 {
  return readers.current.there;
}
