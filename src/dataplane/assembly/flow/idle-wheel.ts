/**
 * Which flows to look at when: a hashed timing wheel (Varghese and Lauck, 1987) with one bucket per second of the
 * packet clock. A packet does not move its flow: when a flow's bucket comes up, its owner sees how long it has been
 * idle and either ends it or puts it back at the time it could end. So a flow costs one look per timeout, however many
 * packets it has.
 *
 * A bucket is a chain of chunks, each with a few entries: a slot and its flow's first packet, by which two flows of one
 * slot differ. So none of a flow's memory is touched until its owner looks at it. A flow that leaves before its time
 * leaves its entry behind; once half of all entries are such, those are dropped.
 *
 * Invariants: an active flow has exactly one entry that holds; no delay is longer than the wheel; a bucket that has
 * entries has its bit set. A clock that leaps with every packet passes over whole words of empty buckets. Bucket
 * numbers are doubles, as clock readings are: a damaged packet time may be millions of years away, and an integer would
 * overflow.
 */
import { takeRegion, zeroBytes } from '../memory';
import { Slab } from '../slab';
import { FlowTable } from './flow-table';
import { Invariant } from './invariant';
import { SlotList } from './slot-list';

const BUCKET_US: f64 = 1_000_000;
const BUCKETS: i32 = 4096;
/** Bytes of a table of one number for each bucket. */
const BUCKETS_LENGTH: usize = (<usize>BUCKETS) << 2;

/** Entries of a chunk: the number of the chunk after it, then slots, then their flows' first packets. */
const CHUNK: i32 = 32;
const SLOTS_AT: usize = 8;
const FIRSTS_AT: usize = SLOTS_AT + CHUNK * 4;
const CHUNK_LENGTH: usize = FIRSTS_AT + CHUNK * 8;
/** Chunks of which memory is taken at once, in bits: 400 KB. */
const STEP_BITS: i32 = 10;
/** Fewer entries than this are not worth a look at all buckets. */
const LEFT_AT_LEAST: i32 = BUCKETS;

@final
export class IdleWheel {
  private readonly table: FlowTable;
  /** First and last chunk of each bucket, and its entries: all chunks but the last are full. */
  private readonly headsAt: usize = takeRegion(BUCKETS_LENGTH);
  private readonly tailsAt: usize = takeRegion(BUCKETS_LENGTH);
  private readonly countsAt: usize = takeRegion(BUCKETS_LENGTH);
  /** A bit for each bucket that has entries. */
  private readonly filledAt: usize = takeRegion(BUCKETS / 8);
  /** The chunks, those in use so far (0 is none), and the first of those given back (0 for none). */
  private readonly chunks: Slab;
  private usedChunks: i32 = 1;
  private freeChunk: i32 = 0;
  /** All entries, and those of them that flows have left behind. */
  private entryCount: i32 = 0;
  private leftCount: i32 = 0;
  /** The bucket number (not reduced) up to which all is done. */
  private done: f64 = 0;
  /** Clock reading from which on `next` has a bucket to look at. */
  nextUs: f64 = BUCKET_US;
  /** The flows of the bucket that `next` has removed, in no order, until its next call. */
  readonly due: SlotList;
  /** Memory for `checkInvariants`: a byte for each row, taken when it is first called. */
  private seenAt: usize = 0;

  constructor(table: FlowTable) {
    this.table = table;
    this.due = new SlotList(table.largestSlot);
    // As many entries may be left behind as flows are there, and each bucket has a chunk that is not full.
    const entries = 2 * table.largestSlot + LEFT_AT_LEAST + 1;
    this.chunks = new Slab(CHUNK_LENGTH, STEP_BITS, entries / CHUNK + BUCKETS + 2);
  }

  /** Puts a flow where it comes up at a clock reading, at the earliest in the next bucket. */
  schedule(slot: i32, atUs: f64): void {
    const bucket = min(max(Math.ceil(atUs / BUCKET_US), this.done + 1), this.done + BUCKETS - 1);
    this.append(indexOf(bucket), slot);
  }

  /** Removes all flows, and begins at clock reading 0. */
  clear(): void {
    zeroBytes(this.countsAt, <i32>BUCKETS_LENGTH);
    zeroBytes(this.filledAt, BUCKETS / 8);
    this.usedChunks = 1;
    this.freeChunk = 0;
    this.entryCount = 0;
    this.leftCount = 0;
    this.done = 0;
    this.nextUs = BUCKET_US;
  }

  /** To be called before a flow leaves the table whose time has not come. */
  leave(): void {
    if (this.leftCount >= LEFT_AT_LEAST && this.leftCount * 2 >= this.entryCount) this.dropLeft();
    this.leftCount++;
  }

  /**
   * Moves the flows of one bucket that is due by `nowUs`, the oldest bucket first, to `due`; false where none is left.
   */
  next(nowUs: f64): bool {
    const last = Math.floor(nowUs / BUCKET_US);
    // After a gap longer than the wheel every bucket is due once, still the oldest first: only whole turns are left
    // out.
    const turns = Math.floor((last - this.done) / BUCKETS);
    if (turns > 1) this.done += (turns - 1) * BUCKETS;
    let left = <i32>(last - this.done);
    let index = indexOf(this.done);
    while (left > 0) {
      index = (index + 1) & (BUCKETS - 1);
      left--;
      const word = load<u32>(this.filledAt + ((<usize>(index >> 5)) << 2));
      if (word == 0) {
        // On to the word's last bucket.
        const step = min(31 - (index & 31), left);
        index += step;
        left -= step;
      } else if ((word & (1 << (index & 31))) != 0) {
        this.collect(index);
        if (this.due.count == 0) continue;
        this.done = last - left;
        this.nextUs = (this.done + 1) * BUCKET_US;
        return true;
      }
    }
    this.done = max(this.done, last);
    this.nextUs = (this.done + 1) * BUCKET_US;
    return false;
  }

  /** Number of the bucket of `due`; they only rise. */
  get bucket(): f64 {
    return this.done;
  }

  /** The invariant that is broken, NONE where all hold. To be called between two packets. */
  checkInvariants(): Invariant {
    const rowCount = this.table.largestSlot + 1;
    if (this.seenAt == 0) this.seenAt = takeRegion(rowCount);
    zeroBytes(this.seenAt, rowCount);
    let entries = 0;
    let left = 0;
    let chunks = 0;
    let holding = 0;
    for (let index = 0; index < BUCKETS; index++) {
      const count = this.number(this.countsAt, index);
      const filled = load<u32>(this.filledAt + ((<usize>(index >> 5)) << 2)) & (1 << (index & 31));
      if ((filled != 0) != count > 0) return Invariant.WHEEL_BIT;
      entries += count;
      let chunk = this.number(this.headsAt, index);
      for (let from = 0; from < count; from += CHUNK) {
        chunks++;
        const at = this.chunks.at(chunk);
        for (let i = 0; i < min(CHUNK, count - from); i++) {
          if (!this.holds(at, i)) {
            left++;
            continue;
          }
          const seen = this.seenAt + <usize>load<i32>(at + ((<usize>i) << 2), SLOTS_AT);
          if (load<u8>(seen) != 0) return Invariant.WHEEL_HOLDING;
          store<u8>(seen, 1);
          holding++;
        }
        chunk = load<i32>(at);
      }
    }
    for (let chunk = this.freeChunk; chunk != 0 && chunks < this.usedChunks; chunk = load<i32>(this.chunks.at(chunk)))
      chunks++;
    if (chunks != this.usedChunks - 1) return Invariant.WHEEL_CHUNKS;
    if (entries != this.entryCount) return Invariant.WHEEL_ENTRIES;
    if (left != this.leftCount) return Invariant.WHEEL_LEFT;
    // No slot was seen twice, and only those of active flows were seen.
    return holding == this.table.activeCount ? Invariant.NONE : Invariant.WHEEL_HOLDING;
  }

  private append(index: i32, slot: i32): void {
    const count = this.number(this.countsAt, index);
    const inChunk = count & (CHUNK - 1);
    const chunk = inChunk == 0 ? this.lengthen(index, count) : this.number(this.tailsAt, index);
    const at = this.chunks.at(chunk);
    store<i32>(at + ((<usize>inChunk) << 2), slot, SLOTS_AT);
    store<f64>(at + ((<usize>inChunk) << 3), this.table.rows.firstPacket(slot), FIRSTS_AT);
    this.setNumber(this.countsAt, index, count + 1);
    this.entryCount++;
  }

  /** Empties a bucket; its entries that hold go to `due`. */
  private collect(index: i32): void {
    const due = this.due;
    const count = this.number(this.countsAt, index);
    due.clear();
    let chunk = this.number(this.headsAt, index);
    for (let from = 0; from < count; from += CHUNK) {
      const at = this.chunks.at(chunk);
      this.takeChunk(at, min(CHUNK, count - from));
      const after = load<i32>(at);
      store<i32>(at, this.freeChunk);
      this.freeChunk = chunk;
      chunk = after;
    }
    this.setNumber(this.countsAt, index, 0);
    const word = this.filledAt + ((<usize>(index >> 5)) << 2);
    store<u32>(word, load<u32>(word) & ~((<u32>1) << (index & 31)));
    this.entryCount -= count;
    this.leftCount -= count - due.count;
  }

  private takeChunk(at: usize, count: i32): void {
    const isAnyLeft = this.leftCount != 0;
    for (let i = 0; i < count; i++) {
      if (isAnyLeft && !this.holds(at, i)) continue;
      this.due.add(load<i32>(at + ((<usize>i) << 2), SLOTS_AT), load<f64>(at + ((<usize>i) << 3), FIRSTS_AT));
    }
  }

  /** Whether the flow of a chunk's entry is still there. */
  private holds(at: usize, i: i32): bool {
    const rows = this.table.rows;
    const slot = load<i32>(at + ((<usize>i) << 2), SLOTS_AT);
    return rows.isActive(slot) && rows.firstPacket(slot) == load<f64>(at + ((<usize>i) << 3), FIRSTS_AT);
  }

  /** Drops the entries that flows have left behind: fills every bucket again. Uses `due`, which is empty then. */
  private dropLeft(): void {
    const due = this.due;
    for (let index = 0; index < BUCKETS; index++) {
      if (this.number(this.countsAt, index) == 0) continue;
      this.collect(index);
      for (let i = 0; i < due.count; i++) this.append(index, due.slot(i));
    }
  }

  /** Adds a chunk to a bucket whose chunks are full. */
  private lengthen(index: i32, count: i32): i32 {
    const chunk = this.takeFree();
    if (count == 0) {
      this.setNumber(this.headsAt, index, chunk);
      const word = this.filledAt + ((<usize>(index >> 5)) << 2);
      store<u32>(word, load<u32>(word) | ((<u32>1) << (index & 31)));
    } else {
      store<i32>(this.chunks.at(this.number(this.tailsAt, index)), chunk);
    }
    this.setNumber(this.tailsAt, index, chunk);
    return chunk;
  }

  private takeFree(): i32 {
    const chunk = this.freeChunk;
    if (chunk != 0) {
      this.freeChunk = load<i32>(this.chunks.at(chunk));
      return chunk;
    }
    this.chunks.reserve(this.usedChunks);
    return this.usedChunks++;
  }

  private number(tableAt: usize, index: i32): i32 {
    return load<i32>(tableAt + ((<usize>index) << 2));
  }

  private setNumber(tableAt: usize, index: i32, number: i32): void {
    store<i32>(tableAt + ((<usize>index) << 2), number);
  }
}

/** Place of a bucket number in the wheel: its remainder, exact for every double that is a whole number. */
function indexOf(bucket: f64): i32 {
  return <i32>(bucket - Math.floor(bucket / BUCKETS) * BUCKETS);
}
