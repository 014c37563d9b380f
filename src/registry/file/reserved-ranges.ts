/**
 * Reserved address ranges, which no holder on the public Internet can have: the IANA IPv4 and IPv6 Special-Purpose
 * Address Registries (RFC 6890), multicast (RFC 5771, RFC 4291) and documentation (RFC 5737, RFC 3849, RFC 9637).
 * Anycast and transition prefixes that carry real traffic (64:ff9b::/96, 2001::/32, 2002::/16) are left out.
 */
import { type AddressRange, rangeOf } from '../address-range.ts';
import { PrefixColumns } from '../lookup/prefix-columns.ts';
import { PrefixParser } from '../prefix.ts';
import { orderPrefixes } from '../lookup/prefix-order.ts';
import { NO_PREFIX, PrefixTrie } from '../lookup/prefix-trie.ts';

export interface ReservedRange {
  readonly prefix: string;
  readonly purpose: string;
  /** True for ranges that are meant for examples. */
  readonly documentation: boolean;
}

const DOCUMENTATION: readonly string[] = [
  '192.0.2.0/24',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '2001:db8::/32',
  '3fff::/20',
];

const RESERVED: readonly (readonly [prefix: string, purpose: string])[] = [
  ['0.0.0.0/8', '"this network"'],
  ['10.0.0.0/8', 'private (RFC 1918)'],
  ['100.64.0.0/10', 'shared by carrier NAT (RFC 6598)'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['172.16.0.0/12', 'private (RFC 1918)'],
  ['192.0.0.0/24', 'protocol assignments'],
  ['192.168.0.0/16', 'private (RFC 1918)'],
  ['198.18.0.0/15', 'benchmarking (RFC 2544)'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved (RFC 1112)'],
  ['::/128', 'unspecified'],
  ['::1/128', 'loopback'],
  ['64:ff9b:1::/48', 'local translation (RFC 8215)'],
  ['100::/64', 'discard-only'],
  ['2001:2::/48', 'benchmarking (RFC 5180)'],
  ['fc00::/7', 'unique local (RFC 4193)'],
  ['fe80::/10', 'link-local'],
  ['ff00::/8', 'multicast'],
];

const RANGES: readonly ReservedRange[] = [
  ...RESERVED.map(([prefix, purpose]) => ({ prefix, purpose, documentation: false })),
  ...DOCUMENTATION.map((prefix) => ({ prefix, purpose: 'documentation', documentation: true })),
];

/** Finds the reserved range that contains an address, and those that a prefix touches. */
export class ReservedRanges {
  private readonly trie: PrefixTrie;
  private readonly ranges: readonly ReservedRange[];
  private readonly spans: readonly AddressRange[];

  constructor() {
    const given = new PrefixColumns();
    const parser = new PrefixParser();
    const spans: AddressRange[] = [];
    for (const { prefix } of RANGES) {
      if (!parser.parse(prefix)) throw new Error(`${prefix}: ${parser.message}`);
      given.push(parser.word0, parser.word1, parser.word2, parser.word3, parser.length);
      spans.push(rangeOf(parser));
    }
    this.spans = spans;
    const { rows, ipv4Count } = orderPrefixes(given);
    const ordered = new PrefixColumns();
    for (const row of rows) {
      ordered.push(given.word0[row]!, given.word1[row]!, given.word2[row]!, given.word3[row]!, given.length[row]!);
    }
    this.ranges = Array.from(rows, (row) => RANGES[row]!);
    this.trie = new PrefixTrie(ordered, ipv4Count);
  }

  lookup(word0: number, word1: number, word2: number, word3: number): ReservedRange | null {
    const prefix = this.trie.lookup(word0, word1, word2, word3);
    return prefix === NO_PREFIX ? null : this.ranges[prefix]!;
  }
  /** The reserved ranges that have an address in common with the range: it lies in them, or around them. */
  overlapping({ first, last }: AddressRange): ReservedRange[] {
    return RANGES.filter((_, at) => this.spans[at]!.first <= last && first <= this.spans[at]!.last);
  }
}
