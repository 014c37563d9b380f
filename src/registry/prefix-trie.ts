/**
 * Which prefixes cover an address: all of them, most specific first, for IPv4 and IPv6.
 *
 * Idea. Prefixes nest or are apart, never half over each other. So in the order (address, length), the last prefix that begins at or before an
 * address either covers it, or lies within the prefix that does: from there the links to the next less specific prefix ("parent") reach every
 * prefix that covers the address. What remains is to find that last prefix in a sorted array, and for this a trie stands over the array: each node
 * branches on as many bits as there are prefixes below it (log2 of their count), until at most RUN_LIMIT prefixes begin in a slot; those are walked.
 *
 * Sources. Search for the neighbour in sorted order, then the precomputed answer there: Lampson, Srinivasan and Varghese, "IP Lookups Using
 * Multiway and Multicolumn Search", IEEE/ACM ToN 7(3), 1999. Strides that follow the number of prefixes, skipped bits, a vector of prefixes with
 * links to the shorter ones: Nilsson and Karlsson, "IP-Address Lookup Using LC-Tries", IEEE JSAC 17(6), 1999.
 *
 * Why this one. A table of 2^24 entries (DIR-24-8) or ranges pushed down to the leaves take 24 to 64 MB for a million prefixes, and what a lookup costs is the
 * pages it touches outside the TLB's reach. Here an IPv4 prefix takes 8 octets and about one slot of 4, an IPv6 prefix 20 and a slot; a lookup touches one
 * slot and one record. The price is the walk over parents where an address lies in no prefix but near many nested ones: as many steps as they nest.
 *
 * Invariants.
 * - Prefixes are numbered in the order of prefix-order: IPv4 from 0, then IPv6; a prefix has a higher number than all that cover it.
 * - Record 0 of each family stands for no prefix, begins at address 0 and covers everything, so no walk needs a bound.
 * - A slot in which prefixes begin refers to the last of them; these are at most RUN_LIMIT, except prefixes of one address (at most one for
 *   each length). A slot in which none begins refers to the record that covers all of it: what begins earlier covers a slot wholly or not at all.
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
