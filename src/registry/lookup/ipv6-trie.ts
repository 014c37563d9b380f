/**
 * The IPv6 trie (prefix-trie). The result of a leaf is a candidate: a deep record may differ from the address after its
 * key, and a fork compares no skipped bits except those of word 0. The right record is the candidate or one of its
 * parents, because a prefix that covers the address also covers all records after a fork whose skipped bits differ from
 * the address. The candidate is therefore compared with the address in words 1 to 3; the root, the keys and the forks
 * have compared word 0.
 *
 * Record i is at `records[4 i]`: [word 1, word 2, word 3, parent << 8 | length]. Record 0 means no prefix, and covers
 * everything. bucket-layout describes the cells.
 */
import { BucketLayout } from './bucket-layout.ts';
import { OrderedPrefixes } from './ordered-prefixes.ts';
import type { PrefixColumns } from './prefix-columns.ts';
import { rootBitsFor } from './trie-shape.ts';

const LENGTH_BITS = 8;
const RECORD_SIZE = 4;
const LINK = 3;
/** With these limits, a key of a root bucket begins in word 0 and includes its last bit. */
const MIN_ROOT_BITS = 11;
const MAX_ROOT_BITS = 31;

export class Ipv6Trie {
  // `declare`: as in PrefixTrie.
  declare private readonly cells: Int32Array;
  declare private readonly records: Int32Array;
  declare private readonly rootBits: number;
  declare private readonly rootLow: number;
  declare private readonly rootCount: number;
  declare private readonly above: Int32Array;

  /** Takes the rows `from` … `to` - 1 of `prefixes`: distinct IPv6 prefixes in the order of prefix-order. */
  constructor(prefixes: PrefixColumns, from: number, to: number) {
    const records = new OrderedPrefixes(prefixes, from, to, 0);
    const { count } = records;
    const lowest = count > 0 ? records.words[0]![0]! >>> 0 : 0;
    const highest = count > 0 ? records.words[0]![count - 1]! >>> 0 : 0;
    const spanBits = Math.ceil(Math.log2(highest - lowest + 1));
    const rootBits = Math.min(MAX_ROOT_BITS, Math.max(MIN_ROOT_BITS, 32 - spanBits + rootBitsFor(count)));
    this.rootBits = rootBits;
    this.rootLow = lowest >>> (32 - rootBits);
    this.rootCount = (highest >>> (32 - rootBits)) - this.rootLow + 1;
    this.cells = new BucketLayout(records, rootBits, this.rootLow, this.rootLow + this.rootCount - 1).cells;
    this.records = layRecords(records);
    this.above = layAbove(records, rootBits);
  }

  /** Bytes of memory in typed arrays. */
  get byteLength(): number {
    return this.cells.byteLength + this.records.byteLength + this.above.byteLength;
  }

  /**
   * The record of the most specific prefix that covers the address; 0 for none. Literals and `|` as in Ipv4Trie.lookup.
   */
  lookup(word0: number, word1: number, word2: number, word3: number): number {
    const cells = this.cells;
    const rootBits = this.rootBits;
    const slot = (word0 >>> -rootBits) - this.rootLow;
    if (slot < 0) return 0;
    if (slot >= this.rootCount) return this.lookupAbove(word0);
    const bucket = (slot & 0x3ffffff) << 3;
    if (cells[bucket]! >= 0) return this.lookupFork(bucket, word0, word1, word2, word3);
    const query = (((word0 << rootBits) | (word1 >>> -rootBits)) >>> 2) | 255;
    return this.coveringFrom(this.candidateInLeaf(bucket, query), word1, word2, word3);
  }

  /**
   * As `lookup`, for an address after the root's last slot, which only prefixes no longer than the root's bits can
   * cover.
   */
  private lookupAbove(word0: number): number {
    const above = this.above;
    for (let at = 0; at < above.length; at += 3) {
      if (Math.clz32(above[at + 1]! ^ word0) >= above[at + 2]!) return above[at]!;
    }
    return 0;
  }

  private lookupFork(fork: number, word0: number, word1: number, word2: number, word3: number): number {
    const cells = this.cells;
    let bucket = fork;
    for (;;) {
      if ((word0 ^ cells[bucket | 3]!) >>> cells[bucket | 4]! !== 0) return cells[bucket]!;
      const table = cells[bucket | 1]!;
      const query = (bitsFrom(cells[bucket | 2]!, word0, word1, word2, word3) >>> 2) | 255;
      bucket = (((table >>> 5) + (query >>> table)) & 0x3ffffff) << 3;
      if (cells[bucket]! < 0) return this.coveringFrom(this.candidateInLeaf(bucket, query), word1, word2, word3);
    }
  }

  /** As Ipv4Trie.lookupLeaf. */
  private candidateInLeaf(bucket: number, query: number): number {
    const cells = this.cells;
    let at = bucket | (((cells[bucket | 4]! - query) >> 31) & 4);
    at |= ((cells[at | 2]! - query) >> 31) & 2;
    at |= ((cells[at | 1]! - query) >> 31) & 1;
    const entry = cells[at]!;
    const isOutside = (Math.clz32((query ^ entry) >>> entry) >>> 5) - 1;
    const inside = (cells[bucket | 7]! - 0x40000000 + ((entry >> 5) & 7)) | 0;
    return inside ^ ((inside ^ ~cells[bucket]!) & isOutside);
  }

  /** The first of a record and its parents that covers the address; word 0 has been compared. */
  private coveringFrom(record: number, word1: number, word2: number, word3: number): number {
    const records = this.records;
    let covering = record;
    for (;;) {
      const at = (covering & 0xffffff) << 2;
      const shared1 = Math.clz32(records[at]! ^ word1);
      const shared2 = Math.clz32(records[at | 1]! ^ word2) & -(shared1 >>> 5);
      const shared3 = Math.clz32(records[at | 2]! ^ word3) & -(shared2 >>> 5);
      const link = records[at | 3]!;
      if (((shared1 + shared2 + shared3 + 32) | 0) >= (link & 255)) return covering;
      covering = link >>> 8;
    }
  }

  /** The record of the next less specific prefix; 0 for none. */
  parentOf(record: number): number {
    return this.records[RECORD_SIZE * record + LINK]! >>> LENGTH_BITS;
  }
}

/** The 32 bits of the address from bit `at` on, with zeros after the last bit. */
function bitsFrom(at: number, word0: number, word1: number, word2: number, word3: number): number {
  const bit = at & 31;
  // Shifted twice, because a shift by 32 has no effect in JavaScript.
  if (at < 32) return (word0 << bit) | ((word1 >>> 1) >>> (31 - bit));
  if (at < 64) return (word1 << bit) | ((word2 >>> 1) >>> (31 - bit));
  if (at < 96) return (word2 << bit) | ((word3 >>> 1) >>> (31 - bit));
  return at < 128 ? word3 << bit : 0;
}

function layRecords({ count, words, parents, lengths }: OrderedPrefixes): Int32Array {
  const records = new Int32Array(RECORD_SIZE * (count + 1));
  const [, word1, word2, word3] = words;
  for (let record = 1; record <= count; record++) {
    const at = RECORD_SIZE * record;
    records[at] = word1![record - 1]!;
    records[at + 1] = word2![record - 1]!;
    records[at + 2] = word3![record - 1]!;
    records[at + LINK] = (parents[record]! << LENGTH_BITS) | lengths[record]!;
  }
  return records;
}

/**
 * The last record and those of its parents that may reach beyond the root's last slot: [record, word 0, length] for
 * each.
 */
function layAbove(prefixes: OrderedPrefixes, rootBits: number): Int32Array {
  const above: number[] = [];
  for (let record = prefixes.count; record !== 0; record = prefixes.parents[record]!) {
    const length = prefixes.lengths[record]!;
    if (length <= rootBits) above.push(record, prefixes.words[0]![record - 1]!, length);
  }
  return Int32Array.from(above);
}
