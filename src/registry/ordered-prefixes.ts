/**
 * The prefixes of one family in the order of prefix-order, as what a trie is built from: records 1 to `count`, and record 0, which stands
 * for "none" and covers everything. An address is a row of words, first bit first: one word for IPv4, four for IPv6.
 *
 * Invariant: a record's parent, the next less specific one, has a lower number; all that a record covers follow it without a break.
 */
import type { PrefixColumns } from './prefix-columns.ts';

const WORD_BITS = 32;

export class OrderedPrefixes {
  readonly count: number;
  /** Bits of an address. */
  readonly addressBits: number;
  readonly parents: Int32Array;
  private readonly words: readonly Int32Array[];
  private readonly lengths: Uint8Array;

  /** Takes the rows `from` … `to` - 1 of `prefixes`, distinct and in order. Of their four words those from `firstWord` on are the address. */
  constructor(prefixes: PrefixColumns, from: number, to: number, firstWord: number) {
    const { word0, word1, word2, word3, length } = prefixes;
    this.count = to - from;
    this.words = [word0, word1, word2, word3].slice(firstWord).map((column) => column.subarray(from, to));
    this.addressBits = WORD_BITS * this.words.length;
    this.lengths = length.slice(from, to);
    for (let at = 0; at < this.count; at++) this.lengths[at]! -= WORD_BITS * firstWord;
    this.parents = new Int32Array(this.count + 1);
    for (let record = 2; record <= this.count; record++) {
      let parent = record - 1;
      while (parent !== 0 && this.sharedBits(parent, record) < this.lengthOf(parent)) parent = this.parents[parent]!;
      this.parents[record] = parent;
    }
  }

  lengthOf(record: number): number {
    return this.lengths[record - 1]!;
  }

  wordOf(record: number, index: number): number {
    return this.words[index]![record - 1]!;
  }

  /** The `count` bits, 0 to 31, of a record's first address from bit `at` on, zeros behind its end, as a number. */
  bitsAt(record: number, at: number, count: number): number {
    return (this.wordAt(record, at) >>> 1) >>> (WORD_BITS - 1 - count);
  }

  /** The 32 bits of a record's first address from bit `at` on, zeros behind its end. */
  wordAt(record: number, at: number): number {
    const index = at >>> 5;
    const bit = at & 31;
    const { words } = this;
    const word = index < words.length ? words[index]![record - 1]! << bit : 0;
    // Shifted twice, since a shift by 32 does nothing.
    const rest = index + 1 < words.length ? (words[index + 1]![record - 1]! >>> 1) >>> (31 - bit) : 0;
    return word | rest;
  }

  /** Leading bits in which the first addresses of two records are equal. */
  sharedBits(left: number, right: number): number {
    let shared = 0;
    for (const word of this.words) {
      const differing = word[left - 1]! ^ word[right - 1]!;
      if (differing !== 0) return shared + Math.clz32(differing);
      shared += WORD_BITS;
    }
    return shared;
  }
}
