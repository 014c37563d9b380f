/**
 * The prefixes of one family in the order of prefix-order, from which a trie is built: records 1 to `count`, and record
 * 0, which means "no prefix" and covers everything. An address has one word for IPv4 and four for IPv6, most
 * significant first.
 *
 * Invariant: the parent of a record, the next less specific prefix, has a lower number. The records that a record
 * covers directly follow it.
 */
import type { PrefixColumns } from './prefix-columns.ts';

const WORD_BITS = 32;

export class OrderedPrefixes {
  readonly count: number;
  /** Bits of an address. */
  readonly addressBits: number;
  /** Parents by record. */
  readonly parents: Int32Array;
  /** Prefix lengths by record, without the offset of the mapped form. */
  readonly lengths: Uint8Array;
  /** The words of addresses; those of record i are at index i - 1. */
  readonly words: readonly Int32Array[];

  /**
   * Takes the rows `from` … `to` - 1 of `prefixes`, distinct and in order. The address is their words from `firstWord`
   * on.
   */
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
        // The first word is mostly enough.
        const shared = Math.clz32(word0[parent - 1]! ^ word0[record - 1]!);
        if (shared >= length || (shared === WORD_BITS && this.sharedBits(parent, record) >= length)) break;
        parent = parents[parent]!;
      }
      parents[record] = parent;
    }
  }

  /**
   * Sets bits[first] … bits[end - 1] to `count` bits (1 to 31) of the records' addresses from bit `at` on, with zeros
   * after the last bit.
   */
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
      // Shifted twice, because a shift by 32 has no effect in JavaScript.
      for (let record = first; record < end; record++) {
        bits[record] = ((word[record - 1]! << left) | ((next[record - 1]! >>> 1) >>> (31 - left))) >>> shift;
      }
    }
  }

  /** The number of leading bits in which the addresses of two records are equal. */
  sharedBits(left: number, right: number): number {
    const { words } = this;
    for (let index = 0; index < words.length; index++) {
      const differing = words[index]![left - 1]! ^ words[index]![right - 1]!;
      if (differing !== 0) return WORD_BITS * index + Math.clz32(differing);
    }
    return this.addressBits;
  }
}
