/** The readers of capture records, for test/assembly/records.test.ts. */
import { leavePacket, readPacket, takeRegion } from '../../../src/dataplane/assembly/memory';
import { RECORD_LENGTH } from '../../../src/dataplane/assembly/record/packet-record';
import { PcapReader } from '../../../src/dataplane/assembly/record/pcap-reader';
import { stampToMicros as toMicros } from '../../../src/dataplane/assembly/record/pcapng-time';
import { PcapngReader } from '../../../src/dataplane/assembly/record/pcapng-reader';
import { RecordReader } from '../../../src/dataplane/assembly/record/record-reader';
export { brokenGuard, takeRegion } from '../../../src/dataplane/assembly/memory';

const LARGEST_GROUP: i32 = 128;

@final
class Readers {
  readonly pcap: PcapReader = new PcapReader();
  readonly pcapng: PcapngReader = new PcapngReader();
  readonly records: usize = takeRegion(<usize>LARGEST_GROUP * RECORD_LENGTH);
  current: RecordReader = this.pcap;
}

const readers = new Readers();

export function begin(isPcapng: bool): void {
  if (isPcapng) {
    readers.pcapng.begin();
    readers.current = readers.pcapng;
  } else {
    readers.pcap.begin();
    readers.current = readers.pcap;
  }
}

export function recordsAt(): usize {
  return readers.records;
}

/** Walks up to `capacity` records of [at, limit) from there on; a Walk. */
export function walk(at: usize, limit: usize, capacity: i32): i32 {
  const reader = readers.current;
  reader.at = at;
  reader.limit = limit;
  readPacket(at, limit);
  const stop = reader.walk(readers.records, capacity);
  leavePacket();
  return stop;
}

/** Nothing more comes after [at, limit). */
export function goesOnAtEnd(at: usize, limit: usize): bool {
  const reader = readers.current;
  reader.at = at;
  reader.limit = limit;
  return reader.goesOnAtEnd();
}

export function placeAfter(): usize {
  return readers.current.at;
}

export function count(): i32 {
  return readers.current.count;
}

export function need(): i32 {
  return readers.current.need;
}

export function flaw(): i32 {
  return readers.current.flaw;
}

export function firstNumber(): u32 {
  return readers.current.first;
}

export function secondNumber(): u32 {
  return readers.current.second;
}

export function isBegun(): bool {
  return readers.current.isBegun;
}

export function cutLength(): u32 {
  return readers.current.cutLength;
}

export function there(): u32 {
  return readers.current.there;
}

export function stampToMicros(high: u32, low: u32, resolution: u32): f64 {
  return toMicros(high, low, resolution);
}
