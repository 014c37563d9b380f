/**
 * Lays the records of one family out in buckets of BUCKET_SIZE words, as prefix-trie explains: all in one array, `cells`. The first of them are the root's:
 * one for each value of the first `rootBits` bits of an address, from the lowest in which a record begins to the highest. A *key* is the KEY_BITS bits
 * of an address from some bit on, for the root's buckets from the bit behind those that chose one. A *query* is what entries are compared with: key << 8 | 255.
 *
 * A leaf is [~outer, six entries, NUMBER_BASE + first record]. `outer` is the most specific record that covers all of the bucket. Entries are ascending;
 * one says from which key on which record that begins in the bucket is the most specific one: key << 8 | record - first << 5 | 30 - bits, where
 * `bits` is how many of the key's bits the record has. Where a record ends inside another one of the bucket, an entry resumes that. Where
 * it ends in the open no entry stands: the key of an address behind its end differs in its bits. Unused entries are NO_ENTRY, behind all queries.
 * `entry - query` is negative exactly where the entry's key is at most the query's.
 *
 * A record longer than its key ("deep") has all KEY_BITS of it. Two deep ones of the same key are in one leaf only if one covers the other; the
 * entry then is of the most specific.
 *
 * A fork stands where a leaf would have too many entries: [outer, table, at, word, 32 - at]. All records behind it agree in the bits before `at`; those of their first
 * word are in `word`, and 32 - at, 0 at least, is how far to shift what differs from it. Where an address differs, `outer` is its record. The table is the number of the
 * first of the fork's buckets << 5 | shift; their keys begin at `at`, and the key's first bits choose one: first + (query >>> shift).
 */
import { Int32List } from './int32-list.ts';
import type { OrderedPrefixes } from './ordered-prefixes.ts';

export const KEY_BITS = 22;
const BUCKET_SIZE = 8;
/** Added to the record in a leaf's last word, so that this is behind all queries. */
const NUMBER_BASE = 0x40000000;
const ENTRY_LIMIT = 6;
const NO_ENTRY = 0x3fffffff;
const CONTROL_BITS = 8;
const QUERY_BITS = KEY_BITS + CONTROL_BITS;
/** Records in a leaf at most: `record - first` has three bits. */
const RECORD_LIMIT = 8;
const RECORD_SHIFT = 5;
const TABLE_SHIFT_BITS = 5;

/** Records that a bucket is meant to hold, more or less; with more than CROWDED it probably forks. */
const RECORDS_PER_BUCKET = 4;
const CROWDED = 5;
/** A fork's buckets are made more while one in so many of its records is in a crowded one … */
const CROWDED_SHARE = 2;
/** … and while one in so many has records: else they stand so close together that another fork serves them better. */
const OCCUPIED_SHARE = 4;

export class BucketLayout {
  private readonly list = new Int32List();
  private readonly records: OrderedPrefixes;
  /** Of each record its key in the buckets that are being laid. Those of a fork write over the keys of the records that it takes on: these are done with. */
  private readonly keys: Int32Array;
  private readonly entries = new Int32Array(ENTRY_LIMIT);
  /** Of the records of a leaf: 30 - bits, and the key behind the last. */
  private readonly shifts = new Int32Array(RECORD_LIMIT);
  private readonly ends = new Int32Array(RECORD_LIMIT);

  /** No record begins outside of the values `lowest` … `highest` of the first `rootBits` bits. */
  constructor(records: OrderedPrefixes, rootBits: number, lowest: number, highest: number) {
    this.records = records;
    this.keys = new Int32Array(records.count + 1);
    this.layRoot(rootBits, lowest, highest);
  }

  get cells(): Int32Array {
    return this.list.toArray();
  }

  private layRoot(rootBits: number, lowest: number, highest: number): void {
    const { records } = this;
    const shift = 32 - rootBits;
    records.fillBits(this.keys, 1, records.count + 1, rootBits, KEY_BITS);
    this.list.reserve((highest - lowest + 1) * BUCKET_SIZE);
    let next = 1;
    let covering = 0;
    for (let slot = lowest; slot <= highest; slot++) {
      const address = slot << shift;
      while (covering !== 0) {
        const length = records.lengths[covering]!;
        if (length <= rootBits && Math.clz32(records.wordOf(covering, 0) ^ address) >= length) break;
        covering = records.parents[covering]!;
      }
      let low = next;
      while (next <= records.count && records.wordOf(next, 0) >>> shift === slot) next++;
      while (low < next && records.lengths[low]! <= rootBits) covering = low++;
      this.layBucket(slot - lowest, low, next, rootBits, covering);
      if (low < next) covering = next - 1;
    }
  }

  /** Lays the records first … end - 1, which agree in the bits before `at`, in buckets of their own; returns the table. */
  private layTable(first: number, end: number, at: number, outer: number): number {
    const { records, keys, list } = this;
    records.fillBits(keys, first, end, at, KEY_BITS);
    const entryCount = this.makeEntries(first, end, at);
    const stride = entryCount >= 0 ? 0 : this.strideFor(first, end, at);
    const bucket = list.reserve(BUCKET_SIZE << stride) / BUCKET_SIZE;
    if (entryCount >= 0) this.layLeaf(bucket, first, outer, entryCount);
    else this.laySlots(bucket, first, end, at, stride, outer);
    return (bucket << TABLE_SHIFT_BITS) | (QUERY_BITS - stride);
  }

  /** Lays those records in the 2^stride buckets from `bucket` on. */
  private laySlots(bucket: number, first: number, end: number, at: number, stride: number, outer: number): void {
    const { records, keys } = this;
    const shift = KEY_BITS - stride;
    let next = first;
    let covering = outer;
    for (let slot = 0; slot < 1 << stride; slot++) {
      while (covering >= first) {
        const bits = records.lengths[covering]! - at;
        if (bits <= stride && keys[covering]! >> (KEY_BITS - bits) === slot >> (stride - bits)) break;
        covering = records.parents[covering]!;
      }
      if (covering < first) covering = outer;
      let low = next;
      while (next < end && keys[next]! >> shift === slot) next++;
      while (low < next && records.lengths[low]! <= at + stride) covering = low++;
      this.layBucket(bucket + slot, low, next, at, covering);
      if (low < next) covering = next - 1;
    }
  }

  /** Bits for the table of the records first … end - 1, more than one leaf holds. */
  private strideFor(first: number, end: number, at: number): number {
    const most = Math.min(KEY_BITS, this.records.addressBits - at);
    const wanted = Math.ceil(Math.log2((end - first) / RECORDS_PER_BUCKET));
    let stride = Math.max(1, Math.min(most, wanted));
    while (stride > 1 && !this.isOccupied(first, end, stride)) stride--;
    while (stride < most && this.isCrowded(first, end, stride) && this.isOccupied(first, end, stride + 1)) stride++;
    return stride;
  }

  private isOccupied(first: number, end: number, stride: number): boolean {
    const { keys } = this;
    const shift = KEY_BITS - stride;
    let occupied = 1;
    for (let record = first + 1; record < end; record++) {
      if (keys[record]! >> shift !== keys[record - 1]! >> shift) occupied++;
    }
    return occupied * OCCUPIED_SHARE >= 1 << stride;
  }

  private isCrowded(first: number, end: number, stride: number): boolean {
    const { keys } = this;
    const shift = KEY_BITS - stride;
    let crowded = 0;
    for (let low = first, record = first + 1; record <= end; record++) {
      if (record < end && keys[record]! >> shift === keys[low]! >> shift) continue;
      if (record - low > CROWDED) crowded += record - low;
      low = record;
    }
    return crowded * CROWDED_SHARE > end - first;
  }

  /** Lays records of which none covers all of the bucket. */
  private layBucket(bucket: number, first: number, end: number, at: number, outer: number): void {
    const entryCount = this.makeEntries(first, end, at);
    if (entryCount >= 0) this.layLeaf(bucket, first, outer, entryCount);
    else this.layFork(bucket, first, end, outer);
  }

  private layLeaf(bucket: number, first: number, outer: number, entryCount: number): void {
    const { entries } = this;
    const cells = this.list.memory;
    const cell = bucket * BUCKET_SIZE;
    cells[cell] = ~outer;
    for (let i = 0; i < entryCount; i++) cells[cell + 1 + i] = entries[i]!;
    for (let i = entryCount; i < ENTRY_LIMIT; i++) cells[cell + 1 + i] = NO_ENTRY;
    cells[cell + 1 + ENTRY_LIMIT] = NUMBER_BASE + first;
  }

  private layFork(bucket: number, first: number, end: number, outer: number): void {
    const { records, list } = this;
    const length = records.lengths[first]!;
    const at = Math.min(records.sharedBits(first, end - 1), length);
    // One record at most is as short as what they share: the first, and it covers the others.
    const table = length === at ? this.layTable(first + 1, end, at, first) : this.layTable(first, end, at, outer);
    const cells = list.memory;
    const cell = bucket * BUCKET_SIZE;
    cells[cell] = outer;
    cells[cell + 1] = table;
    cells[cell + 2] = at;
    cells[cell + 3] = records.wordOf(first, 0);
    cells[cell + 4] = Math.max(0, 32 - at);
  }

  /**
   * Makes a leaf's entries for the records first … end - 1 of a table whose keys begin at `at`; returns how many, -1 where one leaf can't hold them.
   * Written without calls: a small registry is laid before V8 has compiled anything.
   */
  private makeEntries(first: number, end: number, at: number): number {
    if (end - first > RECORD_LIMIT) return -1;
    const { keys, entries, shifts, ends } = this;
    const { lengths, parents } = this.records;
    let count = 0;
    // The innermost record that is not over yet, within its parents.
    let open = 0;
    for (let record = first; record <= end; record++) {
      const key = record < end ? keys[record]! : 1 << KEY_BITS;
      while (open >= first && ends[open - first]! <= key) {
        const over = ends[open - first]!;
        open = parents[open]!;
        const step = open - first;
        if (step < 0 || over === key || over === ends[step]) continue;
        if (count === ENTRY_LIMIT) return -1;
        entries[count++] = (over << CONTROL_BITS) | (step << RECORD_SHIFT) | shifts[step]!;
      }
      if (record === end) break;
      if (record > first && keys[record - 1] === key) {
        const isDeep = lengths[record - 1]! - at >= KEY_BITS;
        if (isDeep && parents[record] !== record - 1) return -1;
        count--;
      }
      if (count === ENTRY_LIMIT) return -1;
      const step = record - first;
      const shift = Math.max(CONTROL_BITS, QUERY_BITS + at - lengths[record]!);
      shifts[step] = shift;
      ends[step] = key + (1 << (shift - CONTROL_BITS));
      entries[count++] = (key << CONTROL_BITS) | (step << RECORD_SHIFT) | shift;
      open = record;
    }
    return count;
  }
}
