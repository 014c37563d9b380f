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
import { KEY_BITS } from './ordered-prefixes.ts';

export const BUCKET_SIZE = 8;
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

const ROOT_BITS_LEAST = 10;
const ROOT_BITS_MOST = 16;
const RECORDS_PER_ROOT_SLOT = 16;

/** Records that a bucket is meant to hold, more or less; over CROWDED it probably forks. */
const RECORDS_PER_BUCKET = 4;
const CROWDED = 5;
/** A table grows while more than one in so many of its records are in crowded buckets … */
const CROWDED_SHARE = 2;
/** … and while one in so many of its buckets has records: else the records stand so close together that a fork serves better. */
const OCCUPIED_SHARE = 4;

type VisitSlot = (slot: number, first: number, end: number, outer: number) => void;

export class BucketLayout {
  readonly rootBits: number;
  private readonly list: Int32List;
  private readonly records: OrderedPrefixes;
  private readonly entries = new Int32Array(ENTRY_LIMIT);
  /** The last bucket without records and its outer one: neighbours in the root share it. */
  private emptyBucket = -1;
  private emptyOuter = -1;

  /** The root takes the bits from `rootAt` on, before which all records agree. */
  constructor(records: OrderedPrefixes, rootAt: number) {
    this.records = records;
    const wanted = Math.ceil(Math.log2(records.count / RECORDS_PER_ROOT_SLOT));
    this.rootBits = Math.min(ROOT_BITS_MOST, Math.max(ROOT_BITS_LEAST, wanted));
    this.list = new Int32List();
    this.list.count = 1 << this.rootBits;
    this.visitSlots(1, records.count + 1, rootAt, this.rootBits, 0, (slot, first, end, outer) => {
      const table =
        first === end ? this.emptyTable(outer) : this.layTable(first, end, rootAt + this.rootBits, outer);
      this.list.set(slot, table);
    });
  }

  get cells(): Int32Array {
    return this.list.toArray();
  }

  /** Visits the 2^stride slots that the bits from `at` on make for the records first … end - 1, with the records that begin in each and do not cover all of it. */
  private visitSlots(first: number, end: number, at: number, stride: number, outer: number, visit: VisitSlot): void {
    const { records } = this;
    const shift = KEY_BITS - stride;
    let next = first;
    let covering = outer;
    for (let slot = 0; slot < 2 ** stride; slot++) {
      while (covering >= first && !this.coversSlot(covering, at, stride, slot)) covering = records.parents[covering]!;
      if (covering < first) covering = outer;
      while (next < end && records.keyAt(next, at) >>> shift === slot && records.lengthOf(next) <= at + stride) {
        covering = next++;
      }
      const low = next;
      while (next < end && records.keyAt(next, at) >>> shift === slot) next++;
      visit(slot, low, next, covering);
      if (next > low) covering = next - 1;
    }
  }

  private coversSlot(record: number, at: number, stride: number, slot: number): boolean {
    const bits = this.records.lengthOf(record) - at;
    if (bits > stride) return false;
    return bits <= 0 || this.records.keyAt(record, at) >>> (KEY_BITS - bits) === slot >>> (stride - bits);
  }

  private emptyTable(outer: number): number {
    if (this.emptyBucket < 0 || this.emptyOuter !== outer) {
      this.emptyOuter = outer;
      this.emptyBucket = this.reserve(1);
      this.layLeaf(this.emptyBucket, 0, outer, 0);
    }
    return (this.emptyBucket << TABLE_SHIFT_BITS) | QUERY_BITS;
  }

  /** The number of the first of so many new buckets. */
  private reserve(buckets: number): number {
    const first = this.list.count / BUCKET_SIZE;
    this.list.count += buckets * BUCKET_SIZE;
    return first;
  }

  private layTable(first: number, end: number, at: number, outer: number): number {
    const stride = this.strideFor(first, end, at);
    const bucket = this.reserve(2 ** stride);
    this.visitSlots(first, end, at, stride, outer, (slot, low, high, covering) => {
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
      const slot = records.keyAt(record, at) >>> (KEY_BITS - stride);
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
      const slot = records.keyAt(record, at) >>> (KEY_BITS - stride);
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
    if (count >= 0) this.layLeaf(bucket, first, outer, count);
    else this.layFork(bucket, first, end, outer);
  }

  private layLeaf(bucket: number, first: number, outer: number, count: number): void {
    const { list, entries } = this;
    const cell = bucket * BUCKET_SIZE;
    list.set(cell, ~outer);
    for (let i = 0; i < ENTRY_LIMIT; i++) list.set(cell + 1 + i, i < count ? entries[i]! : NO_ENTRY);
    list.set(cell + 1 + ENTRY_LIMIT, NUMBER_BASE + first);
  }

  private layFork(bucket: number, first: number, end: number, outer: number): void {
    const { records, list } = this;
    const at = Math.min(records.sharedBits(first, end - 1), records.lengthOf(first));
    // At most one record is as short as what they share: it covers all the others.
    const covered = records.lengthOf(first) === at ? first + 1 : first;
    const table = this.layTable(covered, end, at, covered === first ? outer : first);
    const cell = bucket * BUCKET_SIZE;
    list.set(cell, outer);
    list.set(cell + 1, table);
    list.set(cell + 2, at);
    list.set(cell + 3, records.wordOf(first, 0));
    list.set(cell + 4, 32 - at);
  }

  /** Makes a leaf's entries for the records first … end - 1 with keys from `at` on; returns how many they are, -1 where a leaf can't hold them. */
  private makeEntries(first: number, end: number, at: number): number {
    if (end - first > STEP_LIMIT) return -1;
    const { records, entries } = this;
    let count = 0;
    // The innermost record that is not over, all others of which are its parents.
    let open = 0;
    for (let record = first; record <= end; record++) {
      const key = record < end ? records.keyAt(record, at) : 2 ** KEY_BITS;
      while (open >= first && this.endOf(open, at) <= key) {
        const over = this.endOf(open, at);
        open = records.parents[open]!;
        if (open < first || this.endOf(open, at) <= over || over === key) continue;
        if (count === ENTRY_LIMIT) return -1;
        entries[count++] = this.entryOf(over, open, first, at);
      }
      if (record === end) break;
      if (record > first && records.keyAt(record - 1, at) === key) {
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
    return this.records.keyAt(record, at) + 2 ** (KEY_BITS - this.bitsOf(record, at));
  }

  private bitsOf(record: number, at: number): number {
    return Math.min(KEY_BITS, this.records.lengthOf(record) - at);
  }

  private entryOf(key: number, record: number, first: number, at: number): number {
    const step = record - first;
    return (key << CONTROL_BITS) | (step << STEP_SHIFT) | (QUERY_BITS - this.bitsOf(record, at));
  }
}
