/**
 * The IPv4 trie (prefix-trie). A key has all bits after those of the root, so the result of a leaf is final.
 * bucket-layout describes the cells.
 */
import { BucketLayout } from './bucket-layout.ts';
import { OrderedPrefixes } from './ordered-prefixes.ts';
import type { PrefixColumns } from './prefix-columns.ts';
import { rootBitsFor } from './trie-shape.ts';

const ADDRESS_WORD = 3;
/** The remaining 22 bits must fit into a key. */
const MIN_ROOT_BITS = 10;

export class Ipv4Trie {
  // `declare`: as in PrefixTrie.
  declare private readonly cells: Int32Array;
  declare private readonly parents: Int32Array;
  declare private readonly rootBits: number;
  declare private readonly rootShift: number;

  /** Takes the rows `from` … `to` - 1 of `prefixes`: distinct IPv4 prefixes in the order of prefix-order. */
  constructor(prefixes: PrefixColumns, from: number, to: number) {
    const records = new OrderedPrefixes(prefixes, from, to, ADDRESS_WORD);
    this.rootBits = Math.max(MIN_ROOT_BITS, rootBitsFor(records.count));
    this.rootShift = 32 - this.rootBits;
    this.cells = new BucketLayout(records, this.rootBits, 0, 2 ** this.rootBits - 1).cells;
    this.parents = records.parents;
  }

  /** Bytes of memory in typed arrays. */
  get byteLength(): number {
    return this.cells.byteLength + this.parents.byteLength;
  }

  /**
   * The record of the most specific prefix that covers the address; 0 for none. Sizes and masks are literals, because
   * V8 loads a module's constant at every use, which takes half as long again. Words of a bucket are addressed by `|`,
   * and `&` bounds the bucket's position, because V8 checks every sum for overflow. Forks have a function of their own,
   * so the common case is short enough to be inlined.
   */
  lookup(word: number): number {
    const cells = this.cells;
    const bucket = ((word >>> this.rootShift) & 0x3ffffff) << 3;
    if (cells[bucket]! >= 0) return this.lookupFork(bucket, word);
    return this.lookupLeaf(bucket, ((word << this.rootBits) >>> 2) | 255);
  }

  private lookupFork(fork: number, word: number): number {
    const cells = this.cells;
    let bucket = fork;
    for (;;) {
      if ((word ^ cells[bucket | 3]!) >>> cells[bucket | 4]! !== 0) return cells[bucket]!;
      const table = cells[bucket | 1]!;
      const query = ((word << cells[bucket | 2]!) >>> 2) | 255;
      bucket = (((table >>> 5) + (query >>> table)) & 0x3ffffff) << 3;
      if (cells[bucket]! < 0) return this.lookupLeaf(bucket, query);
    }
  }

  private lookupLeaf(bucket: number, query: number): number {
    const cells = this.cells;
    // Binary search, without unpredictable branches, for the last entry at or before the query; the bucket's first word
    // where there is none.
    let at = bucket | (((cells[bucket | 4]! - query) >> 31) & 4);
    at |= ((cells[at | 2]! - query) >> 31) & 2;
    at |= ((cells[at | 1]! - query) >> 31) & 1;
    const entry = cells[at]!;
    // All ones where the entry does not cover the query. The first word is negative, so it never does.
    const isOutside = (Math.clz32((query ^ entry) >>> entry) >>> 5) - 1;
    const inside = (cells[bucket | 7]! - 0x40000000 + ((entry >> 5) & 7)) | 0;
    return inside ^ ((inside ^ ~cells[bucket]!) & isOutside);
  }

  /** The record of the next less specific prefix; 0 for none. */
  parentOf(record: number): number {
    return this.parents[record]!;
  }
}
