/**
 * Lays out the records of one family in buckets of BUCKET_SIZE words (prefix-trie), in one array, `cells`. The root's
 * buckets come first: one for each value of the first `rootBits` bits of an address, from the lowest value in which a
 * record begins to the highest. A *key* is KEY_BITS bits of an address; for the root's buckets they follow the root's
 * bits. A *query* is key << 8 | 255, and is compared with entries.
 *
 * A leaf is [~outer, six entries, NUMBER_BASE + first record]. `outer` is the most specific record that covers the
 * whole bucket. Entries are ascending. An entry means that from its key on a record of the bucket is the most specific
 * one: key << 8 | record - first << 5 | 30 - bits, where `bits` is the number of the key's bits that the record fixes.
 * Where a record ends inside another record of the bucket, an entry resumes the outer one. Where it ends elsewhere, no
 * entry is needed, because the key of an address after its end differs in its bits. Unused entries are NO_ENTRY, which
 * is above all queries. `entry - query` is negative exactly where the entry's key is at most the query's.
 *
 * A *deep* record is longer than its key, and fixes all of the key's bits. Two deep records with one key are in one
 * leaf only if one covers the other; the entry is then that of the more specific one.
 *
 * A fork replaces a leaf that would have too many entries: [outer, table, at, word, 32 - at]. All records after it
 * agree in the bits before `at`. Those of their first word are in `word`; a difference is shifted by 32 - at, at least
 * 0. An address that differs has the record `outer`. `table` is the number of the fork's first bucket << 5 | shift.
 * Keys of the fork's buckets begin at `at`, and their first bits select a bucket: first + (query >>> shift).
 */
import type { OrderedPrefixes } from './ordered-prefixes.ts';

export const KEY_BITS = 22;
const BUCKET_SIZE = 8;
/** Added to the record in a leaf's last word, which is then above all queries. */
const NUMBER_BASE = 0x40000000;
const ENTRY_LIMIT = 6;
const NO_ENTRY = 0x3fffffff;
const CONTROL_BITS = 8;
const QUERY_BITS = KEY_BITS + CONTROL_BITS;
/** The largest number of records in a leaf: `record - first` has three bits. */
const RECORD_LIMIT = 8;
const RECORD_SHIFT = 5;
const TABLE_SHIFT_BITS = 5;

/** The wanted number of records in a bucket. A bucket with more than CROWDED will probably fork. */
const RECORDS_PER_BUCKET = 4;
const CROWDED = 5;
/** A fork's buckets are doubled while more than one in CROWDED_RATIO of its records is in a crowded bucket, … */
const CROWDED_RATIO = 2;
/** … and while at least one in OCCUPIED_RATIO of the buckets has records. With fewer, another fork is better. */
const OCCUPIED_RATIO = 2;

export class BucketLayout {
  private readonly list = new Int32List();
  private readonly records: OrderedPrefixes;
  /**
   * A queue of forks to lay out, four numbers each: bucket, first record, end, outer. With a queue instead of
   * recursion, forks can reuse `keys` and `slots`.
   */
  private readonly forks: number[] = [];
  /** By record: its key in the current buckets. */
  private readonly keys: Int32Array;
  /** By record: the bits that select its bucket. */
  private readonly slots: Int32Array;
  /** By record of the current leaf: 30 - bits, and the first key after it. */
  private readonly shifts = new Int32Array(RECORD_LIMIT);
  private readonly ends = new Int32Array(RECORD_LIMIT);

  /** All records begin within the values `lowest` … `highest` of the first `rootBits` bits. */
  constructor(records: OrderedPrefixes, rootBits: number, lowest: number, highest: number) {
    this.records = records;
    const { count } = records;
    this.keys = new Int32Array(count + 1);
    this.slots = new Int32Array(count + 1);
    this.list.reserve((highest - lowest + 1) * BUCKET_SIZE);
    records.fillBits(this.keys, 1, count + 1, rootBits, KEY_BITS);
    records.fillBits(this.slots, 1, count + 1, 0, rootBits);
    this.laySlots(0, lowest, highest, 1, count + 1, 0, rootBits, rootBits, 0);
    for (let next = 0; next < this.forks.length; next += 4) {
      this.layFork(this.forks[next]!, this.forks[next + 1]!, this.forks[next + 2]!, this.forks[next + 3]!);
    }
    this.forks.length = 0;
  }

  get cells(): Int32Array {
    return this.list.toArray();
  }

  /** Lays out the records first … end - 1, which agree in the bits before `at`, in new buckets. Returns the table. */
  private layTable(first: number, end: number, at: number, outer: number): number {
    const { records, keys, list } = this;
    records.fillBits(keys, first, end, at, KEY_BITS);
    const bucket = list.reserve(BUCKET_SIZE) / BUCKET_SIZE;
    let stride = 0;
    if (!this.layLeaf(bucket, first, end, at, outer)) {
      stride = this.strideFor(first, end, at);
      list.reserve((BUCKET_SIZE << stride) - BUCKET_SIZE);
      records.fillBits(this.slots, first, end, at, stride);
      this.laySlots(bucket, 0, (1 << stride) - 1, first, end, at, stride, at, outer);
    }
    return (bucket << TABLE_SHIFT_BITS) | (QUERY_BITS - stride);
  }

  /**
   * Lays out the records first … end - 1 in the buckets from `bucket` on, one for each of the values lowest … highest
   * of the `stride` bits from `at` on. Keys begin at `keyAt`.
   */
  private laySlots(
    bucket: number,
    lowest: number,
    highest: number,
    first: number,
    end: number,
    at: number,
    stride: number,
    keyAt: number,
    outer: number,
  ): void {
    const { slots } = this;
    const { lengths, parents } = this.records;
    let next = first;
    let covering = outer;
    for (let slot = lowest; slot <= highest; slot++) {
      while (covering >= first) {
        const bits = lengths[covering]! - at;
        if (bits <= stride && slots[covering]! >> (stride - bits) === slot >> (stride - bits)) break;
        covering = parents[covering]!;
      }
      if (covering < first) covering = outer;
      let low = next;
      while (next < end && slots[next] === slot) next++;
      while (low < next && lengths[low]! <= at + stride) covering = low++;
      if (!this.layLeaf(bucket + slot - lowest, low, next, keyAt, covering)) {
        this.forks.push(bucket + slot - lowest, low, next, covering);
      }
      if (low < next) covering = next - 1;
    }
  }

  /** The number of bits that select a bucket for the records first … end - 1, which do not fit into one leaf. */
  private strideFor(first: number, end: number, at: number): number {
    const most = Math.min(KEY_BITS, this.records.addressBits - at);
    const wanted = Math.ceil(Math.log2((end - first) / RECORDS_PER_BUCKET));
    let stride = Math.max(1, Math.min(most, wanted));
    while (stride > 1 && !this.isOccupied(first, end, stride)) stride--;
    while (stride < most && this.isOccupied(first, end, stride + 1) && this.isCrowded(first, end, stride)) stride++;
    return stride;
  }

  private isOccupied(first: number, end: number, stride: number): boolean {
    const { keys } = this;
    const shift = KEY_BITS - stride;
    let occupied = 1;
    for (let record = first + 1; record < end; record++) {
      if (keys[record]! >> shift !== keys[record - 1]! >> shift) occupied++;
    }
    return occupied * OCCUPIED_RATIO >= 1 << stride;
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
    return crowded * CROWDED_RATIO > end - first;
  }

  private layFork(bucket: number, first: number, end: number, outer: number): void {
    const { records, list } = this;
    const length = records.lengths[first]!;
    const at = Math.min(records.sharedBits(first, end - 1), length);
    // Only the first record can be as short as the shared bits, and then it covers the others.
    const table = length === at ? this.layTable(first + 1, end, at, first) : this.layTable(first, end, at, outer);
    const cells = list.memory;
    const cell = bucket * BUCKET_SIZE;
    cells[cell] = outer;
    cells[cell + 1] = table;
    cells[cell + 2] = at;
    cells[cell + 3] = records.words[0]![first - 1]!;
    cells[cell + 4] = Math.max(0, 32 - at);
  }

  /**
   * Lays out the records first … end - 1 in one leaf, whose keys begin at `at`; false where they do not fit. It is one
   * long function, so that V8 does not inline it: a small registry is laid out before V8 compiles anything, and
   * compiling inlined copies took longer than the layout.
   */
  private layLeaf(bucket: number, first: number, end: number, at: number, outer: number): boolean {
    if (end - first > RECORD_LIMIT) return false;
    const { keys, shifts, ends } = this;
    const { lengths, parents } = this.records;
    const cells = this.list.memory;
    const cell = bucket * BUCKET_SIZE;
    const lastEntry = cell + ENTRY_LIMIT;
    let entry = cell;
    // The innermost record that has not ended yet.
    let open = 0;
    for (let record = first; record <= end; record++) {
      const key = record < end ? keys[record]! : 1 << KEY_BITS;
      while (open >= first && ends[open - first]! <= key) {
        const over = ends[open - first]!;
        open = parents[open]!;
        const step = open - first;
        if (step < 0 || over === key || over === ends[step]) continue;
        if (entry === lastEntry) return false;
        cells[++entry] = (over << CONTROL_BITS) | (step << RECORD_SHIFT) | shifts[step]!;
      }
      if (record === end) break;
      if (record > first && keys[record - 1] === key) {
        const isDeep = lengths[record - 1]! - at >= KEY_BITS;
        if (isDeep && parents[record] !== record - 1) return false;
        entry--;
      }
      if (entry === lastEntry) return false;
      const step = record - first;
      const shift = Math.max(CONTROL_BITS, QUERY_BITS + at - lengths[record]!);
      shifts[step] = shift;
      ends[step] = key + (1 << (shift - CONTROL_BITS));
      cells[++entry] = (key << CONTROL_BITS) | (step << RECORD_SHIFT) | shift;
      open = record;
    }
    while (entry < lastEntry) cells[++entry] = NO_ENTRY;
    cells[cell] = ~outer;
    cells[lastEntry + 1] = NUMBER_BASE + first;
    return true;
  }
}

/** Numbers that a list has room for at first. */
const FIRST_CAPACITY = 1024;

/** A growable array of 32-bit numbers. */
class Int32List {
  private items = new Int32Array(FIRST_CAPACITY);
  private used = 0;

  get count(): number {
    return this.used;
  }

  /** Appends `more` zeros. Returns the index of the first one. */
  reserve(more: number): number {
    const first = this.used;
    this.used += more;
    if (this.used > this.items.length) {
      const grown = new Int32Array(Math.max(this.used, this.items.length * 2));
      grown.set(this.items);
      this.items = grown;
    }
    return first;
  }

  /** The underlying array, valid until the next `reserve`. */
  get memory(): Int32Array {
    return this.items;
  }

  /** A copy of exactly the numbers in use. */
  toArray(): Int32Array {
    return this.items.slice(0, this.used);
  }
}
