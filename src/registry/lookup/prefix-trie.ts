/**
 * Which prefixes cover an address: all of them, most specific first, for IPv4 and IPv6.
 *
 * Idea. The first bits of an address choose a bucket of 32 octets, half a cache line, that holds up to six points of the address space, in order, and which
 * prefix is the most specific one from each of them on. Three steps without a branch find the last point at or before the address, two more
 * whether the prefix reaches so far; if not, the bucket knows the one that covers all of it. Where the prefixes begin so close together that a bucket can't
 * hold them, it forks to buckets of their own, which skip the bits that these share. Links to the next less specific prefix ("parent") do the rest.
 *
 * Sources. Points in sorted order, and the answer from each on precomputed: Lampson, Srinivasan and Varghese, "IP Lookups Using Multiway and
 * Multicolumn Search", IEEE/ACM ToN 7(3), 1999. As many buckets as there are prefixes, skipped bits, a least share of buckets in use, links to
 * shorter prefixes: Nilsson and Karlsson, "IP-Address Lookup Using LC-Tries", IEEE JSAC 17(6), 1999.
 *
 * Why this one. With a million prefixes a lookup waits for memory, and a processor looks several lookups ahead, as far as its window of some
 * hundred instructions reaches and as long as it foretells branches right. So there is one line to touch (IPv4), few instructions, and no branch that depends on
 * whether an address is registered. A table of 2^24 entries (DIR-24-8), and longer descents over smaller nodes (Poptrie), lose by the first or the last.
 * Buckets take 8 to 16 octets for each prefix where prefixes are spread, 20 to 35 where they are clustered, 100 in the worst chains.
 *
 * IPv6 has bits behind a bucket's key, and those that a fork skips, which only the prefix itself can tell: a second line, of its record. A lookup that finds
 * no candidate does without.
 *
 * Invariants.
 * - Prefixes are numbered in the order of prefix-order: IPv4 from 0, then IPv6; a prefix has a higher number than all that cover it.
 * - Record 0 of each family stands for no prefix and covers everything, so no walk over parents needs a bound.
 * - The prefixes that begin in a leaf have successive numbers.
 */
import { Ipv4Trie } from './ipv4-trie.ts';
import { Ipv6Trie } from './ipv6-trie.ts';
import type { PrefixColumns } from './prefix-columns.ts';
import { PREFIX_LIMIT } from './trie-shape.ts';

/** Answer of a lookup that no prefix covers. */
export const NO_PREFIX = -1;

export class PrefixTrie {
  // `declare`: a field that the constructor alone writes keeps its type and constness in V8; this nearly doubled lookups.
  declare readonly prefixCount: number;
  declare private readonly ipv4: Ipv4Trie;
  declare private readonly ipv6: Ipv6Trie;
  declare private readonly ipv4Count: number;

  /** `prefixes` distinct and in the order of prefix-order, the first `ipv4Count` of them IPv4. Throws RangeError over PREFIX_LIMIT. */
  constructor(prefixes: PrefixColumns, ipv4Count: number) {
    if (prefixes.count > PREFIX_LIMIT) throw new RangeError(`a registry holds at most ${PREFIX_LIMIT} prefixes`);
    this.prefixCount = prefixes.count;
    this.ipv4Count = ipv4Count;
    this.ipv4 = new Ipv4Trie(prefixes, 0, ipv4Count);
    this.ipv6 = new Ipv6Trie(prefixes, ipv4Count, prefixes.count);
  }

  /** Octets of memory in typed arrays. */
  get byteLength(): number {
    return this.ipv4.byteLength + this.ipv6.byteLength;
  }

  /** The most specific prefix that covers the address, or NO_PREFIX. Words as in core/ip-address. */
  lookup(word0: number, word1: number, word2: number, word3: number): number {
    // isMappedIpv4, with a literal: see Ipv4Trie.lookup.
    if (word2 === 0xffff && word0 === 0 && word1 === 0) return this.ipv4.lookup(word3) - 1;
    const record = this.ipv6.lookup(word0, word1, word2, word3);
    return record === 0 ? -1 : record - 1 + this.ipv4Count;
  }

  /** The next less specific prefix that covers all of `prefix`, or NO_PREFIX. */
  parentOf(prefix: number): number {
    if (prefix < this.ipv4Count) return this.ipv4.parentOf(prefix + 1) - 1;
    const record = this.ipv6.parentOf(prefix - this.ipv4Count + 1);
    return record === 0 ? NO_PREFIX : record - 1 + this.ipv4Count;
  }
}
