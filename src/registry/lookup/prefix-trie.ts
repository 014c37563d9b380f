/**
 * A trie that finds all prefixes that cover an address, most specific first, for IPv4 and IPv6.
 *
 * Structure. The first bits of an address select a bucket of 32 bytes, half a cache line. A bucket holds up to six
 * points of the address space in order, each with the most specific prefix from there on. A binary search without
 * branches finds the last point at or before the address, and two more operations check that its prefix covers the
 * address; if it does not, the prefix that covers the whole bucket is the result. Where too many prefixes begin in one
 * bucket, it is a fork to further buckets, which skips the bits that these prefixes share. Each prefix links to the
 * next less specific one, its parent.
 *
 * Sources. Sorted points with precomputed results: Lampson, Srinivasan and Varghese, "IP Lookups Using Multiway and
 * Multicolumn Search", IEEE/ACM ToN 7(3), 1999. As many buckets as prefixes, skipped bits, a minimal fraction of used
 * buckets, links to shorter prefixes: Nilsson and Karlsson, "IP-Address Lookup Using LC-Tries", IEEE JSAC 17(6), 1999.
 *
 * Reasons. With a million prefixes, a lookup waits for memory. The processor overlaps several lookups, as far as its
 * window of some hundred instructions reaches and its branch predictions hold. An IPv4 lookup therefore reads one cache
 * line, takes few instructions, and has no branch that depends on whether the address is registered. A table of 2^24
 * entries (DIR-24-8) reads more memory, and longer descents over smaller nodes (Poptrie) take more branches. Buckets
 * take 8 to 16 bytes for each prefix where prefixes are spread, 20 to 35 where they are clustered, and 100 in the worst
 * chains.
 *
 * An IPv6 address has bits after a bucket's key, and a fork skips bits, so a candidate is compared with its record: a
 * second cache line. A lookup without a candidate does not read it.
 *
 * Invariants.
 * - Prefixes are numbered in the order of prefix-order, IPv4 from 0, then IPv6. A prefix has a higher number than all
 *   prefixes that cover it.
 * - Record 0 of each family means no prefix and covers everything, so loops over parents always end.
 * - The prefixes that begin in a leaf have consecutive numbers.
 */
import { invariant } from '../../core/invariant.ts';
import { Ipv4Trie } from './ipv4-trie.ts';
import { Ipv6Trie } from './ipv6-trie.ts';
import type { PrefixColumns } from './prefix-columns.ts';
import { PREFIX_LIMIT } from './trie-shape.ts';

/** Result of a lookup that no prefix covers. */
export const NO_PREFIX = -1;

export class PrefixTrie {
  // `declare`: V8 treats a field that only the constructor writes as constant. This nearly doubled the speed of
  // lookups.
  declare readonly prefixCount: number;
  declare private readonly ipv4: Ipv4Trie;
  declare private readonly ipv6: Ipv6Trie;
  declare private readonly ipv4Count: number;

  /**
   * `prefixes` are distinct and in the order of prefix-order, the first `ipv4Count` are IPv4. Throws RangeError over
   * PREFIX_LIMIT.
   */
  constructor(prefixes: PrefixColumns, ipv4Count: number) {
    if (prefixes.count > PREFIX_LIMIT) throw new RangeError(`a registry holds at most ${PREFIX_LIMIT} prefixes`);
    this.prefixCount = prefixes.count;
    this.ipv4Count = ipv4Count;
    this.ipv4 = new Ipv4Trie(prefixes, 0, ipv4Count);
    this.ipv6 = new Ipv6Trie(prefixes, ipv4Count, prefixes.count);
  }

  /** Bytes of memory in typed arrays. */
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

  /** Throws if an invariant is broken. `prefixes` are those that the trie was made of. */
  checkInvariants(prefixes: PrefixColumns): void {
    invariant(prefixes.count === this.prefixCount, 'the trie has all prefixes');
    for (let prefix = 0; prefix < prefixes.count; prefix++) {
      const parent = this.parentOf(prefix);
      invariant(parent < prefix, 'a prefix has a higher number than those that cover it');
      invariant(parent === NO_PREFIX || covers(prefixes, parent, prefix), 'a parent covers its prefix');
      let found = this.lookup(
        prefixes.word0[prefix]!,
        prefixes.word1[prefix]!,
        prefixes.word2[prefix]!,
        prefixes.word3[prefix]!,
      );
      while (found > prefix) found = this.parentOf(found);
      invariant(found === prefix, 'the first address of a prefix leads to it, or to a prefix in it');
    }
  }

  /** The next less specific prefix that covers all of `prefix`, or NO_PREFIX. */
  parentOf(prefix: number): number {
    if (prefix < this.ipv4Count) return this.ipv4.parentOf(prefix + 1) - 1;
    const record = this.ipv6.parentOf(prefix - this.ipv4Count + 1);
    return record === 0 ? NO_PREFIX : record - 1 + this.ipv4Count;
  }
}

/** True if prefix `outer` covers all of prefix `inner`. */
function covers(prefixes: PrefixColumns, outer: number, inner: number): boolean {
  const { word0, word1, word2, word3, length } = prefixes;
  const bits = length[outer]!;
  if (bits > length[inner]!) return false;
  return [word0, word1, word2, word3].every((word, i) => {
    const differing = Math.max(0, 32 - Math.clz32(word[outer]! ^ word[inner]!));
    return differing <= Math.max(0, 32 * (i + 1) - bits);
  });
}
