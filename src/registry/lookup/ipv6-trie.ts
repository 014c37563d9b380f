/**
 * Which IPv6 prefixes cover an address: what prefix-trie explains, for addresses of four words. A leaf's answer is a guess: a deep record may differ
 * behind its key, and a fork compares no skipped bits but those of word 0. The guess is right, or the right record is among its parents: whatever covers
 * the address covers also all that begins behind a fork which skipped bits that the address does not have. So it is held against words 1 to 3 of the record; the
 * root's bits and the key's, and the forks, have seen to word 0.
 *
 * Record i at `records[4 i]`: [word 1, word 2, word 3, parent << 8 | length]. Record 0 stands for "none": it covers everything.
 * bucket-layout tells what the cells are.
 */
import { BucketLayout } from './bucket-layout.ts';
import { OrderedPrefixes } from './ordered-prefixes.ts';
import type { PrefixColumns } from './prefix-columns.ts';
import { rootBitsFor } from './trie-shape.ts';

const LENGTH_BITS = 8;
const RECORD_SIZE = 4;
const LINK = 3;
/** So that a key of the root's buckets begins in word 0 and reaches to its end. */
const ROOT_BITS_LEAST = 11;
const ROOT_BITS_MOST = 31;

export class Ipv6Trie {
  // `declare`: a field that the constructor alone writes keeps its type and constness in V8; this nearly doubled lookups.
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
    const rootBits = Math.min(ROOT_BITS_MOST, Math.max(ROOT_BITS_LEAST, 32 - spanBits + rootBitsFor(count)));
    this.rootBits = rootBits;
    this.rootLow = lowest >>> (32 - rootBits);
    this.rootCount = (highest >>> (32 - rootBits)) - this.rootLow + 1;
    this.cells = new BucketLayout(records, rootBits, this.rootLow, this.rootLow + this.rootCount - 1).cells;
    this.records = layRecords(records);
    this.above = layAbove(records, rootBits);
  }

  /** Octets of memory in typed arrays. */
  get byteLength(): number {
    return this.cells.byteLength + this.records.byteLength + this.above.byteLength;
  }

  /** The record of the most specific prefix that covers the address; 0 for none. Written as Ipv4Trie.lookup is, for the same reasons. */
  lookup(word0: number, word1: number, word2: number, word3: number): number {
    const cells = this.cells;
    const rootBits = this.rootBits;
    const slot = (word0 >>> -rootBits) - this.rootLow;
    if (slot < 0) return 0;
    if (slot >= this.rootCount) return this.lookupAbove(word0);
    const bucket = (slot & 0x3ffffff) << 3;
    if (cells[bucket]! >= 0) return this.lookupFork(bucket, word0, word1, word2, word3);
    const query = (((word0 << rootBits) | (word1 >>> -rootBits)) >>> 2) | 255;
    return this.coveringFrom(this.guessInLeaf(bucket, query), word1, word2, word3);
  }

  /** As `lookup`, for an address behind the root's last slot: only what is no longer than the root's bits reaches so far. */
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
      if (cells[bucket]! < 0) return this.coveringFrom(this.guessInLeaf(bucket, query), word1, word2, word3);
    }
  }

  /** As Ipv4Trie.lookupLeaf. */
  private guessInLeaf(bucket: number, query: number): number {
    const cells = this.cells;
    let place = bucket | (((cells[bucket | 4]! - query) >> 31) & 4);
    place |= ((cells[place | 2]! - query) >> 31) & 2;
    place |= ((cells[place | 1]! - query) >> 31) & 1;
    const entry = cells[place]!;
    const isOutside = (Math.clz32((query ^ entry) >>> entry) >>> 5) - 1;
    const inside = (cells[bucket | 7]! - 0x40000000 + ((entry >> 5) & 7)) | 0;
    return inside ^ ((inside ^ ~cells[bucket]!) & isOutside);
  }

  /** The first of a record and its parents that covers the address, given that they agree in word 0. */
  private coveringFrom(record: number, word1: number, word2: number, word3: number): number {
    const records = this.records;
    let covering = record;
    for (;;) {
      const place = (covering & 0xffffff) << 2;
      const shared1 = Math.clz32(records[place]! ^ word1);
      const shared2 = Math.clz32(records[place | 1]! ^ word2) & -(shared1 >>> 5);
      const shared3 = Math.clz32(records[place | 2]! ^ word3) & -(shared2 >>> 5);
      const link = records[place | 3]!;
      if (((shared1 + shared2 + shared3 + 32) | 0) >= (link & 255)) return covering;
      covering = link >>> 8;
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

function layRecords({ count, words, parents, lengths }: OrderedPrefixes): Int32Array {
  const records = new Int32Array(RECORD_SIZE * (count + 1));
  const [, word1, word2, word3] = words;
  for (let record = 1; record <= count; record++) {
    const place = RECORD_SIZE * record;
    records[place] = word1![record - 1]!;
    records[place + 1] = word2![record - 1]!;
    records[place + 2] = word3![record - 1]!;
    records[place + LINK] = (parents[record]! << LENGTH_BITS) | lengths[record]!;
  }
  return records;
}

/** The last record and its parents, as far as they reach behind the root's last slot: [record, word 0, length] of each. */
function layAbove(prefixes: OrderedPrefixes, rootBits: number): Int32Array {
  const above: number[] = [];
  for (let record = prefixes.count; record !== 0; record = prefixes.parents[record]!) {
    const length = prefixes.lengths[record]!;
    if (length <= rootBits) above.push(record, prefixes.words[0]![record - 1]!, length);
  }
  return Int32Array.from(above);
}
