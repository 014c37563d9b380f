/**
 * Lays the records of one family out in buckets, as prefix-trie explains. All of it is one array of words, `cells`:
 *
 * - the root, 2^rootBits *tables*, chosen by the bits of the address from `rootAt` on;
 * - buckets of BUCKET_SIZE words, each at a multiple of it.
 *
 * A table is a word: the number of its first bucket << 5 | shift. With `query` as below, from the bit behind those that chose the table, its bucket is
 * first + (query >>> shift): the next 30 - shift bits choose.
 *
 * A leaf is [~outer, six entries, NUMBER_BASE + first record]. `outer` is the record that covers all of the bucket, the most specific such one. Entries are
 * ascending; one says from which key on which record is the most specific one that begins in the bucket: key << 8 | record - first << 5 | 30 - bits, where
 * the key is KEY_BITS bits of the address from the bit behind those that chose the *table*, and `bits` is how many of them the record has. Where a record
 * ends inside another one of the bucket, an entry resumes the outer one. Where one ends in the open, the entry stands on: its key shows that it ended.
 * Unused entries are NO_ENTRY, after all others.
 *
 * A fork stands where a leaf would have too many entries: [outer, table, at, shared word 0, 32 - at], all records of which agree in the bits before `at`; the table's keys
 * begin there. An address that does not have these bits has `outer`.
 *
 * A query is what entries are compared with: key << 8 | 255. `entry - query` is negative exactly where the entry's key is at most the query's.
 * A record longer than the key ("deep") has all KEY_BITS of it; what it has beyond them the trie must look at itself.
 */
import { Int32List } from './int32-list.ts';
import type { OrderedPrefixes } from './ordered-prefixes.ts';

const KEY_BITS = 22;
const NARROW_SIZE = 8;
const WIDE_SIZE = 16;
/** Where a wide bucket has its second half: which entries are deep, then the bits behind the key of each. */
const WIDE_PART = 8;
const REST_SHIFTS = 15;
/** Added to the record in a leaf's last word, so that this stands after every query in order. */
export const NUMBER_BASE = 0x40000000;
const ENTRY_LIMIT = 6;
const NO_ENTRY = 0x3fffffff;
/** A step in an entry has three bits. */
const STEP_LIMIT = 8;
const CONTROL_BITS = 8;
const STEP_SHIFT = 5;
const QUERY_BITS = KEY_BITS + CONTROL_BITS;
const TABLE_SHIFT_BITS = 5;

/** Bits behind the key that a wide bucket has. */
const REST_BITS = 31;
const REST_SHIFT_BITS = 5;

/** Records that a bucket is meant to hold, more or less; over CROWDED it probably forks. */
const RECORDS_PER_BUCKET = 4;
const CROWDED = 5;
/** A table grows while more than one in so many of its records are in crowded buckets … */
const CROWDED_SHARE = 2;
/** … and while one in so many of its buckets has records: else the records stand so close together that a fork serves better. */
const OCCUPIED_SHARE = 4;

type VisitSlot = (slot: number, first: number, end: number, outer: number) => void;

export class BucketLayout {
  private readonly bucketSize: number;
  private readonly list: Int32List;
  private readonly records: OrderedPrefixes;
  private readonly entries = new Int32Array(ENTRY_LIMIT);
  /** The last bucket without records and its outer one: neighbours in the root share it. */
  private emptyBucket = -1;
  private emptyOuter = -1;

  /** The root's slots stand for the values `lowest` … `highest` of the first `rootBits` bits; no record begins outside of them. */
  constructor(records: OrderedPrefixes, rootBits: number, lowest: number, highest: number) {
    this.records = records;
    this.bucketSize = records.addressBits === 32 ? NARROW_SIZE : WIDE_SIZE;
    this.list = new Int32List();
    const slots = highest - lowest + 1;
    this.list.count = Math.ceil(slots / WIDE_SIZE) * WIDE_SIZE;
    this.visitSlots(1, records.count + 1, 0, rootBits, lowest, highest, 0, (slot, first, end, outer) => {
      this.list.set(
        slot - lowest,
        first === end ? this.emptyTable(outer) : this.layTable(first, end, rootBits, outer),
      );
    });
  }

  get cells(): Int32Array {
    return this.list.toArray();
  }

  /**
   * Visits the slots lowest … highest of those that the `stride` bits from `at` on make for the records first … end - 1: with the records that begin in each
   * and do not cover all of it, and the most specific one that does.
   */
  private visitSlots(
    first: number,
    end: number,
    at: number,
    stride: number,
    lowest: number,
    highest: number,
    outer: number,
    visit: VisitSlot,
  ): void {
    const { records } = this;
    let next = first;
    let covering = outer;
    for (let slot = lowest; slot <= highest; slot++) {
      while (covering >= first && !this.coversSlot(covering, at, stride, slot)) covering = records.parents[covering]!;
      if (covering < first) covering = outer;
      while (next < end && records.bitsAt(next, at, stride) === slot && records.lengthOf(next) <= at + stride) {
        covering = next++;
      }
      const low = next;
      while (next < end && records.bitsAt(next, at, stride) === slot) next++;
      visit(slot, low, next, covering);
      if (next > low) covering = next - 1;
    }
  }

  private coversSlot(record: number, at: number, stride: number, slot: number): boolean {
    const bits = this.records.lengthOf(record) - at;
    if (bits > stride) return false;
    return bits <= 0 || this.records.bitsAt(record, at, bits) === slot >>> (stride - bits);
  }

  private emptyTable(outer: number): number {
    if (this.emptyBucket < 0 || this.emptyOuter !== outer) {
      this.emptyOuter = outer;
      this.emptyBucket = this.reserve(1);
      this.layLeaf(this.emptyBucket, 0, outer, 0, 0);
    }
    return (this.emptyBucket << TABLE_SHIFT_BITS) | QUERY_BITS;
  }

  /** The number of the first of so many new buckets. */
  private reserve(buckets: number): number {
    const first = this.list.count / this.bucketSize;
    this.list.count += buckets * this.bucketSize;
    return first;
  }

  private layTable(first: number, end: number, at: number, outer: number): number {
    const stride = this.strideFor(first, end, at);
    const bucket = this.reserve(2 ** stride);
    this.visitSlots(first, end, at, stride, 0, 2 ** stride - 1, outer, (slot, low, high, covering) => {
      this.layBucket(bucket + slot, low, high, at, covering);
    });
    return (bucket << TABLE_SHIFT_BITS) | (QUERY_BITS - stride);
  }

  /** Bits for the table of the records first … end - 1, which agree in the bits before `at`. */
  private strideFor(first: number, end: number, at: number): number {
    if (this.makeEntries(first, end, at) >= 0) return 0;
    const count = end - first;
    const most = Math.min(KEY_BITS, this.records.addressBits - at);
    let stride = Math.max(1, Math.min(most, Math.ceil(Math.log2(count / RECORDS_PER_BUCKET))));
    while (stride > 1 && !this.isOccupied(first, end, at, stride)) stride--;
    while (stride < most && this.isCrowded(first, end, at, stride) && this.isOccupied(first, end, at, stride + 1)) {
      stride++;
    }
    return stride;
  }

  private isOccupied(first: number, end: number, at: number, stride: number): boolean {
    const { records } = this;
    let occupied = 0;
    let last = -1;
    for (let record = first; record < end; record++) {
      const slot = records.bitsAt(record, at, stride);
      if (slot !== last) occupied++;
      last = slot;
    }
    return occupied * OCCUPIED_SHARE >= 2 ** stride;
  }

  private isCrowded(first: number, end: number, at: number, stride: number): boolean {
    const { records } = this;
    let crowded = 0;
    let run = 0;
    let last = -1;
    for (let record = first; record < end; record++) {
      const slot = records.bitsAt(record, at, stride);
      run = slot === last ? run + 1 : 1;
      last = slot;
      if (run === CROWDED + 1) crowded += run;
      else if (run > CROWDED) crowded++;
    }
    return crowded * CROWDED_SHARE > end - first;
  }

  /** A bucket for the records first … end - 1, of a table whose keys begin at `at`. */
  private layBucket(bucket: number, first: number, end: number, at: number, outer: number): void {
    const count = this.makeEntries(first, end, at);
    if (count >= 0) this.layLeaf(bucket, first, outer, count, at);
    else this.layFork(bucket, first, end, outer);
  }

  private layLeaf(bucket: number, first: number, outer: number, count: number, at: number): void {
    const { list, entries } = this;
    const cell = bucket * this.bucketSize;
    list.set(cell, ~outer);
    for (let i = 0; i < ENTRY_LIMIT; i++) list.set(cell + 1 + i, i < count ? entries[i]! : NO_ENTRY);
    list.set(cell + 1 + ENTRY_LIMIT, NUMBER_BASE + first);
    if (this.bucketSize === WIDE_SIZE) this.layRest(cell, first, count, at + KEY_BITS);
  }

  /** The second half of a wide leaf, for the bits from `at` on. */
  private layRest(cell: number, first: number, count: number, at: number): void {
    const { records, list, entries } = this;
    let deep = 0;
    let shifts = 0;
    for (let i = 0; i < count; i++) {
      const record = first + ((entries[i]! >> STEP_SHIFT) & (STEP_LIMIT - 1));
      const bits = records.lengthOf(record) - at;
      const isInside = bits > 0 && records.parents[record]! >= first;
      if (isInside || bits > REST_BITS) deep |= 2 << i;
      shifts |= (isInside ? REST_BITS : REST_BITS - Math.max(0, Math.min(REST_BITS, bits))) << (i * REST_SHIFT_BITS);
      list.set(cell + WIDE_PART + 1 + i, records.wordAt(record, at));
    }
    list.set(cell + WIDE_PART, deep);
    list.set(cell + REST_SHIFTS, shifts);
  }

  private layFork(bucket: number, first: number, end: number, outer: number): void {
    const { records, list } = this;
    const at = Math.min(records.sharedBits(first, end - 1), records.lengthOf(first));
    // At most one record is as short as what they share: it covers all the others.
    const covered = records.lengthOf(first) === at ? first + 1 : first;
    const table = this.layTable(covered, end, at, covered === first ? outer : first);
    const cell = bucket * this.bucketSize;
    list.set(cell, outer);
    list.set(cell + 1, table);
    list.set(cell + 2, at);
    if (this.bucketSize === NARROW_SIZE) {
      list.set(cell + 3, records.wordOf(first, 0));
      list.set(cell + 4, 32 - at);
    } else {
      for (let word = 0; word < 4; word++) list.set(cell + 4 + word, records.wordOf(first, word));
    }
  }

  /** Makes a leaf's entries for the records first … end - 1 with keys from `at` on; returns how many they are, -1 where a leaf can't hold them. */
  private makeEntries(first: number, end: number, at: number): number {
    if (end - first > STEP_LIMIT) return -1;
    const { records, entries } = this;
    let count = 0;
    // The innermost record that is not over, all others of which are its parents.
    let open = 0;
    for (let record = first; record <= end; record++) {
      const key = record < end ? records.bitsAt(record, at, KEY_BITS) : 2 ** KEY_BITS;
      while (open >= first && this.endOf(open, at) <= key) {
        const over = this.endOf(open, at);
        open = records.parents[open]!;
        if (open < first || this.endOf(open, at) <= over || over === key) continue;
        if (count === ENTRY_LIMIT) return -1;
        entries[count++] = this.entryOf(over, open, first, at);
      }
      if (record === end) break;
      if (record > first && records.bitsAt(record - 1, at, KEY_BITS) === key) {
        // Two deep records that differ only beyond the key can't be told apart here, unless one is inside the other.
        if (records.lengthOf(record - 1) - at >= KEY_BITS && records.parents[record] !== record - 1) return -1;
        count--;
      }
      if (count === ENTRY_LIMIT) return -1;
      entries[count++] = this.entryOf(key, record, first, at);
      open = record;
    }
    return count;
  }

  /** The key behind the last one of a record. */
  private endOf(record: number, at: number): number {
    return this.records.bitsAt(record, at, KEY_BITS) + 2 ** (KEY_BITS - this.bitsOf(record, at));
  }

  private bitsOf(record: number, at: number): number {
    return Math.min(KEY_BITS, this.records.lengthOf(record) - at);
  }

  private entryOf(key: number, record: number, first: number, at: number): number {
    const step = record - first;
    return (key << CONTROL_BITS) | (step << STEP_SHIFT) | (QUERY_BITS - this.bitsOf(record, at));
  }
}
