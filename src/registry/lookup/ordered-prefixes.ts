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
  /** By record. */
  readonly parents: Int32Array;
  /** By record, in bits of the address. */
  readonly lengths: Uint8Array;
  /** The address's words, of record i at i - 1. */
  readonly words: readonly Int32Array[];

  /** Takes the rows `from` … `to` - 1 of `prefixes`, distinct and in order. Of their four words those from `firstWord` on are the address. */
  constructor(prefixes: PrefixColumns, from: number, to: number, firstWord: number) {
    const { word0, word1, word2, word3, length } = prefixes;
    this.count = to - from;
    this.words = [word0, word1, word2, word3].slice(firstWord).map((column) => column.subarray(from, to));
    this.addressBits = WORD_BITS * this.words.length;
    this.lengths = new Uint8Array(this.count + 1);
    for (let record = 1; record <= this.count; record++) {
      this.lengths[record] = length[from + record - 1]! - WORD_BITS * firstWord;
    }
    this.parents = new Int32Array(this.count + 1);
    this.findParents(this.words[0]!, this.lengths, this.parents);
  }

  private findParents(word0: Int32Array, lengths: Uint8Array, parents: Int32Array): void {
    for (let record = 2; record <= this.count; record++) {
      let parent = record - 1;
      while (parent !== 0) {
        const length = lengths[parent]!;
        // Mostly the first word tells.
        const shared = Math.clz32(word0[parent - 1]! ^ word0[record - 1]!);
        if (shared >= length || (shared === WORD_BITS && this.sharedBits(parent, record) >= length)) break;
        parent = parents[parent]!;
      }
      parents[record] = parent;
    }
  }

  /** Fills in for the records first … end - 1 the `count` bits, 1 to 31, of the address from bit `at` on, zeros behind its end. */
  fillBits(bits: Int32Array, first: number, end: number, at: number, count: number): void {
    const left = at & 31;
    const shift = WORD_BITS - count;
    const word = this.words[at >>> 5];
    const next = this.words[(at >>> 5) + 1];
    if (word === undefined) {
      bits.fill(0, first, end);
    } else if (next === undefined) {
      for (let record = first; record < end; record++) bits[record] = (word[record - 1]! << left) >>> shift;
    } else {
      // Shifted twice, since a shift by 32 does nothing.
      for (let record = first; record < end; record++) {
        bits[record] = ((word[record - 1]! << left) | ((next[record - 1]! >>> 1) >>> (31 - left))) >>> shift;
      }
    }
  }

  /** Leading bits in which the first addresses of two records are equal. */
  sharedBits(left: number, right: number): number {
    const { words } = this;
    for (let index = 0; index < words.length; index++) {
      const differing = words[index]![left - 1]! ^ words[index]![right - 1]!;
      if (differing !== 0) return WORD_BITS * index + Math.clz32(differing);
    }
    return this.addressBits;
  }
}
