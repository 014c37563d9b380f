/**
 * Which IPv6 prefixes cover an address: what prefix-trie explains, for addresses of four words. The root begins behind the bits that all
 * prefixes share, and a fork skips those that its own share; neither looks whether the address has them. So what a bucket answers is a guess, one that is
 * right or has the right answer among its parents, and is held against the address.
 *
 * Record i at `records[5 i]`: [word 0, word 1, word 2, word 3, parent << 8 | length]. Record 0 stands for "none": it covers everything.
 */
import { BucketLayout } from './bucket-layout.ts';
import { OrderedPrefixes } from './ordered-prefixes.ts';
import type { PrefixColumns } from './prefix-columns.ts';

const LENGTH_BITS = 8;
const RECORD_SIZE = 5;
const LINK = 4;

export class Ipv6Trie {
  // `declare`: a field that the constructor alone writes keeps its type and constness in V8; this nearly doubled lookups.
  declare private readonly cells: Int32Array;
  declare private readonly records: Int32Array;
  declare private readonly rootAt: number;
  declare private readonly rootBits: number;

  /** Takes the rows `from` … `to` - 1 of `prefixes`: distinct IPv6 prefixes in the order of prefix-order. */
  constructor(prefixes: PrefixColumns, from: number, to: number) {
    const records = new OrderedPrefixes(prefixes, from, to, 0);
    const { count } = records;
    this.rootAt = count === 0 ? 0 : Math.min(records.sharedBits(1, count), records.lengthOf(1));
    const layout = new BucketLayout(records, this.rootAt);
    this.cells = layout.cells;
    this.rootBits = layout.rootBits;
    this.records = layRecords(records);
  }

  /** Octets of memory in typed arrays. */
  get byteLength(): number {
    return this.cells.byteLength + this.records.byteLength;
  }

  /**
   * The record of the most specific prefix that covers the address; 0 for none.
   * Sizes and masks stand as literals (see bucket-layout), and `|` and `&` for sums: see Ipv4Trie.
   */
  lookup(word0: number, word1: number, word2: number, word3: number): number {
    const cells = this.cells;
    const rootBits = this.rootBits;
    let word = bitsFrom(this.rootAt, word0, word1, word2, word3);
    let table = cells[word >>> (32 - rootBits)]!;
    word = bitsFrom(this.rootAt + rootBits, word0, word1, word2, word3);
    let query = (word >>> 2) | 255;
    let bucket = (((table >>> 5) + (query >>> table)) & 0x3ffffff) << 3;
    while (cells[bucket]! >= 0) {
      table = cells[bucket | 1]!;
      word = bitsFrom(cells[bucket | 2]!, word0, word1, word2, word3);
      query = (word >>> 2) | 255;
      bucket = (((table >>> 5) + (query >>> table)) & 0x3ffffff) << 3;
    }
    let at = bucket | (((cells[bucket | 4]! - query) >> 31) & 4);
    at |= ((cells[at | 2]! - query) >> 31) & 2;
    at |= ((cells[at | 1]! - query) >> 31) & 1;
    const entry = cells[at]!;
    const isOutside = (Math.clz32((query ^ entry) >>> entry) >>> 5) - 1;
    const inside = (cells[bucket | 7]! - 0x40000000 + ((entry >> 5) & 7)) | 0;
    let record = inside ^ ((inside ^ ~cells[bucket]!) & isOutside);
    const records = this.records;
    for (;;) {
      const place = Math.imul(record, 5);
      const shared0 = Math.clz32(records[place]! ^ word0);
      const shared1 = Math.clz32(records[(place + 1) | 0]! ^ word1) & -(shared0 >>> 5);
      const shared2 = Math.clz32(records[(place + 2) | 0]! ^ word2) & -(shared1 >>> 5);
      const shared3 = Math.clz32(records[(place + 3) | 0]! ^ word3) & -(shared2 >>> 5);
      const link = records[(place + 4) | 0]!;
      if (shared0 + shared1 + shared2 + shared3 >= (link & 255)) return record;
      record = link >>> 8;
    }
  }

  /** The record of the next less specific prefix; 0 for none. */
  parentOf(record: number): number {
    return this.records[RECORD_SIZE * record + LINK]! >>> LENGTH_BITS;
  }
}

/** The 32 bits of the address from bit `at` on, zeros behind its end. */
function bitsFrom(at: number, word0: number, word1: number, word2: number, word3: number): number {
  const bit = at & 31;
  // Shifted twice, since a shift by 32 does nothing.
  if (at < 32) return (word0 << bit) | ((word1 >>> 1) >>> (31 - bit));
  if (at < 64) return (word1 << bit) | ((word2 >>> 1) >>> (31 - bit));
  if (at < 96) return (word2 << bit) | ((word3 >>> 1) >>> (31 - bit));
  return at < 128 ? word3 << bit : 0;
}

function layRecords(prefixes: OrderedPrefixes): Int32Array {
  const records = new Int32Array(RECORD_SIZE * (prefixes.count + 1));
  for (let record = 1; record <= prefixes.count; record++) {
    const place = RECORD_SIZE * record;
    for (let word = 0; word < LINK; word++) records[place + word] = prefixes.wordOf(record, word);
    records[place + LINK] = (prefixes.parents[record]! << LENGTH_BITS) | prefixes.lengthOf(record);
  }
  return records;
}
