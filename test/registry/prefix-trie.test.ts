import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { formatAddress, formatPrefix } from '../../src/core/ip-address.ts';
import { wordMask } from '../../src/registry/prefix.ts';
import { PrefixColumns } from '../../src/registry/lookup/prefix-columns.ts';
import { orderPrefixes } from '../../src/registry/lookup/prefix-order.ts';
import { NO_PREFIX, PrefixTrie } from '../../src/registry/lookup/prefix-trie.ts';
import { rounds } from '../kit/mutated.ts';
import { type Address, SeededRandom } from '../kit/random.mjs';

/** The slow twin: compares every prefix. */
function coveringByScan(prefixes: PrefixColumns, address: Address): number[] {
  const covering: number[] = [];
  for (let row = 0; row < prefixes.count; row++) {
    const length = prefixes.length[row]!;
    const words = [prefixes.word0, prefixes.word1, prefixes.word2, prefixes.word3];
    const ipv4 = address[0] === 0 && address[1] === 0 && address[2] === 0xffff;
    if (ipv4 !== (length >= 96 && words[0]![row] === 0 && words[1]![row] === 0 && words[2]![row] === 0xffff)) continue;
    if (words.every((word, i) => (address[i]! & wordMask(length, i)) === word[row])) covering.push(row);
  }
  return covering.sort((a, b) => prefixes.length[b]! - prefixes.length[a]!);
}

function coveringByTrie(trie: PrefixTrie, address: Address): number[] {
  const covering: number[] = [];
  for (let prefix = trie.lookup(...address); prefix !== NO_PREFIX; prefix = trie.parentOf(prefix))
    covering.push(prefix);
  return covering;
}

/** Distinct prefixes in order, made from any. */
function ordered(given: PrefixColumns): { prefixes: PrefixColumns; ipv4Count: number } {
  const order = orderPrefixes(given);
  const prefixes = new PrefixColumns();
  const seen = new Set<string>();
  let ipv4Count = 0;
  order.rows.forEach((row, at) => {
    const words = [given.word0[row]!, given.word1[row]!, given.word2[row]!, given.word3[row]!] as const;
    const key = formatPrefix(...words, given.length[row]!);
    if (seen.has(key)) return;
    seen.add(key);
    if (at < order.ipv4Count) ipv4Count++;
    prefixes.push(...words, given.length[row]!);
  });
  return { prefixes, ipv4Count };
}

function truncated(address: Address, length: number): [...Address, number] {
  return [
    address[0] & wordMask(length, 0),
    address[1] & wordMask(length, 1),
    address[2] & wordMask(length, 2),
    address[3] & wordMask(length, 3),
    length,
  ];
}

/** The first and last address of every prefix, and their neighbours. */
function borderAddresses(prefixes: PrefixColumns): Address[] {
  const addresses: Address[] = [];
  for (let row = 0; row < prefixes.count; row++) {
    const length = prefixes.length[row]!;
    const first = [prefixes.word0[row]!, prefixes.word1[row]!, prefixes.word2[row]!, prefixes.word3[row]!] as Address;
    const last = first.map((word, i) => word | ~wordMask(length, i)) as Address;
    const ipv4 = length >= 96 && first[0] === 0 && first[1] === 0 && first[2] === 0xffff;
    addresses.push(first, last, step(first, -1, ipv4), step(last, 1, ipv4));
  }
  return addresses;
}

/** The address one above or below; an IPv4 address stays one. */
function step(address: Address, by: 1 | -1, ipv4: boolean): Address {
  const words: Address = [...address];
  for (let i = 3; i >= (ipv4 ? 3 : 0); i--) {
    const before = words[i]!;
    words[i] = (before + by) | 0;
    if (before !== (by === 1 ? -1 : 0)) break;
  }
  return words;
}

function holdAgainstTwin(given: PrefixColumns, addresses: Address[]): void {
  const { prefixes, ipv4Count } = ordered(given);
  const trie = new PrefixTrie(prefixes, ipv4Count);
  trie.checkInvariants(prefixes);
  for (const address of [...addresses, ...borderAddresses(prefixes)]) {
    const expected = coveringByScan(prefixes, address);
    const found = coveringByTrie(trie, address);
    if (found.join() !== expected.join()) {
      expect.fail(`${formatAddress(...address)}: found ${found.join()}, expected ${expected.join()}`);
    }
  }
}

type Shape = (random: SeededRandom) => [...Address, number];

const SHAPES: Record<string, Shape> = {
  'IPv4 anywhere, of any length': (random) => truncated(random.ipv4(), 96 + random.below(33)),
  'IPv4 crowded into 16 addresses of one /24': (random) =>
    truncated([0, 0, 0xffff, 0xc6336400 | random.below(16)], 96 + random.below(33)),
  'IPv4 hosts in a /20': (random) => truncated([0, 0, 0xffff, (0x0a000000 + random.below(4096)) | 0], 128),
  'IPv4 chains of all lengths above a few hosts': (random) =>
    truncated([0, 0, 0xffff, Math.imul(random.below(9), 0x9e3779b1)], 96 + random.below(33)),
  'IPv4 neighbours of one length': (random) => [0, 0, 0xffff, 0xcb007100 | (random.below(64) << 2), 126],
  'IPv4 at both ends': (random) =>
    truncated([0, 0, 0xffff, random.below(2) === 0 ? random.below(4) : -1 - random.below(4)], 96 + random.below(33)),
  'IPv6 anywhere, of any length': (random) => truncated(random.address(), random.below(129)),
  'IPv6 below 2001:db8::/32': (random) =>
    truncated([0x20010db8, random.word() & 0xff0f, random.word() & 3, random.word()], 32 + random.below(97)),
  'IPv6 that differ in the last word only': (random) =>
    truncated([0x20010db8, 7, 0, random.below(64)], 96 + random.below(33)),
  'IPv6 around the IPv4-mapped range': (random) =>
    truncated([0, 0, [0, 1, 0xfffe, 0x10000, -1][random.below(5)]!, random.word()], random.below(129)),
  'one address in all lengths': (random) => truncated([-1, -1, -1, -1], random.below(129)),
  'IPv6 hosts that are neighbours': (random) => [0x20010db8, 1, 0, random.below(1000), 128],
  'IPv6 chains of all lengths above a few hosts': (random) => {
    const host = Math.imul(random.below(9) + 1, 0x9e3779b1);
    return truncated([host, ~host, host << 1, host >>> 1], random.below(129));
  },
  'IPv6 that differ far behind what they share': (random) =>
    truncated([0x20010db8 | (random.below(3) << 16), random.below(3), random.below(3) << 9, random.below(9)], 128),
  'IPv6 at both ends': (random) => {
    const word = random.below(2) - 1;
    return truncated([word, word, word, word ^ random.below(4)], random.below(129));
  },
  'IPv6 inside one /48': (random) =>
    truncated([0x20010db8, 0x00010000 | random.below(0x10000), random.word(), random.word()], 48 + random.below(81)),
  'IPv6 of a few providers and one far away': (random) =>
    random.below(100) === 0
      ? truncated(random.address(), random.below(129))
      : truncated([0x24000000 | (random.below(5) * 0x1357), random.word(), random.word(), 0], 32 + random.below(65)),
  'both families': (random) =>
    random.below(2) === 0
      ? truncated(random.ipv4(), 96 + random.below(33))
      : truncated([0x20010db8, random.word(), 0, random.word()], random.below(129)),
};

describe('the trie against a scan of all prefixes', () => {
  for (const [name, shape] of Object.entries(SHAPES)) {
    it.each([1, 2, 7, 40, 400])(`${name}: %d`, (count) => {
      const random = new SeededRandom(count);
      const given = new PrefixColumns();
      for (let i = 0; i < count; i++) {
        const prefix = shape(random);
        // The parser refuses a mapped prefix in IPv6 form, so it is left out.
        if (prefix[4] < 96 || prefix[2] !== 0xffff || name.includes('IPv4') || name === 'both families')
          given.push(...prefix);
      }
      const near = Array.from({ length: 200 }, () => shape(random).slice(0, 4) as Address);
      const far = Array.from({ length: 100 }, () => (random.below(2) === 0 ? random.ipv4() : random.address()));
      holdAgainstTwin(given, [...near, ...far]);
    });
  }

  it('small registries within few addresses, so that single buckets are filled in many ways', () => {
    for (let seed = 0; seed < rounds(600); seed++) {
      const random = new SeededRandom(seed);
      const given = new PrefixColumns();
      const shift = random.below(30);
      const least = 96 + random.below(28);
      const count = 1 + random.below(12);
      for (let i = 0; i < count; i++) {
        const length = least + random.below(129 - least);
        given.push(...truncated([0, 0, 0xffff, random.below(32) << shift], length));
        given.push(...truncated([0x20010db8, random.below(32) << shift, random.below(4) << shift, 0], length - 40));
      }
      holdAgainstTwin(given, []);
    }
  });

  it('an empty registry', () => {
    const trie = new PrefixTrie(new PrefixColumns(), 0);
    expect(trie.lookup(0, 0, 0xffff, 0)).toBe(NO_PREFIX);
    expect(trie.lookup(0, 0, 0xffff, -1)).toBe(NO_PREFIX);
    expect(trie.lookup(0, 0, 0, 0)).toBe(NO_PREFIX);
    expect(trie.lookup(-1, -1, -1, -1)).toBe(NO_PREFIX);
  });

  it('::/0 covers no IPv4 address', () => {
    const prefixes = new PrefixColumns();
    prefixes.push(0, 0, 0, 0, 0);
    const trie = new PrefixTrie(prefixes, 0);
    expect(trie.lookup(0, 0, 0xffff, 0x01020304)).toBe(NO_PREFIX);
    expect(trie.lookup(-1, 0, 0, 0)).toBe(0);
  });
});

/** The largest memory for each prefix in any registry, and for the roots of an empty one. */
const BYTES_PER_PREFIX = 120;
const ROOT_BYTES = 100_000;

describe('large registries of one kind', () => {
  const COUNT = rounds(20_000);
  it.each(Object.keys(SHAPES))('agree with a scan: %s', (name) => {
    const random = new SeededRandom(6);
    const given = new PrefixColumns();
    for (let i = 0; i < COUNT; i++) given.push(...SHAPES[name]!(random));
    const { prefixes, ipv4Count } = ordered(given);
    const trie = new PrefixTrie(prefixes, ipv4Count);
    trie.checkInvariants(prefixes);
    expect(trie.byteLength).toBeLessThan(BYTES_PER_PREFIX * prefixes.count + ROOT_BYTES);
    for (let i = 0; i < 20; i++) {
      const address = SHAPES[name]!(random).slice(0, 4) as Address;
      expect(coveringByTrie(trie, address)).toEqual(coveringByScan(prefixes, address));
    }
  });

  it('agree with a scan: chains of all lengths above many neighbours', () => {
    const given = new PrefixColumns();
    for (let i = 0; i < 64; i++) {
      for (let length = 0; length <= 128; length++) given.push(...truncated([0x20010db8, 0, 0, i], length));
    }
    const { prefixes, ipv4Count } = ordered(given);
    const trie = new PrefixTrie(prefixes, ipv4Count);
    for (const last of [0, 1, 31, 63]) {
      expect(coveringByTrie(trie, [0x20010db8, 0, 0, last])).toHaveLength(129);
    }
    expect(coveringByTrie(trie, [0x20010db8, 0, 0, 64])).toHaveLength(122);
    expect(coveringByTrie(trie, [-1, -1, -1, -1])).toHaveLength(1);
    expect(trie.byteLength).toBeLessThan(BYTES_PER_PREFIX * prefixes.count + ROOT_BYTES);
  });
});

it('misses a prefix that it was not made of', () => {
  const { prefixes, ipv4Count } = ordered(columnsOf([0, 0, 0xffff, 0x0a000000, 104], [0, 0, 0xffff, 0x0b000000, 104]));
  const trie = new PrefixTrie(prefixes, ipv4Count);
  prefixes.word3[1] = 0x0c000000;
  expect(() => {
    trie.checkInvariants(prefixes);
  }).toThrow('the first address of a prefix leads to it');
});

function columnsOf(...rows: readonly (readonly [number, number, number, number, number])[]): PrefixColumns {
  const columns = new PrefixColumns();
  for (const row of rows) columns.push(...row);
  return columns;
}

describe('memory', () => {
  it('a small registry takes little', () => {
    expect(new PrefixTrie(new PrefixColumns(), 0).byteLength).toBeLessThan(ROOT_BYTES);
  });

  it.each([
    ['IPv4', 96, 600],
    ['IPv6', 0, 150],
  ])('%s chains of all lengths above many hosts', (_, least, hosts) => {
    const random = new SeededRandom(9);
    const given = new PrefixColumns();
    for (let i = 0; i < hosts; i++) {
      const host = least === 96 ? random.ipv4() : random.address();
      for (let length = least; length <= 128; length++) given.push(...truncated(host, length));
    }
    const { prefixes, ipv4Count } = ordered(given);
    const trie = new PrefixTrie(prefixes, ipv4Count);
    expect(trie.byteLength).toBeLessThan(BYTES_PER_PREFIX * prefixes.count + ROOT_BYTES);
    for (let row = 0; row < prefixes.count; row += 97) {
      const address: Address = [
        prefixes.word0[row]!,
        prefixes.word1[row]!,
        prefixes.word2[row]!,
        prefixes.word3[row]! ^ 1,
      ];
      expect(coveringByTrie(trie, address)).toEqual(coveringByScan(prefixes, address));
    }
  });
});

describe('the trie against ipaddr.js', () => {
  it.each(['IPv4 anywhere, of any length', 'IPv6 below 2001:db8::/32'])('%s', (name) => {
    const random = new SeededRandom(77);
    const given = new PrefixColumns();
    for (let i = 0; i < 120; i++) given.push(...SHAPES[name]!(random));
    const { prefixes, ipv4Count } = ordered(given);
    const trie = new PrefixTrie(prefixes, ipv4Count);
    const texts = Array.from({ length: prefixes.count }, (_, row) =>
      formatPrefix(
        prefixes.word0[row]!,
        prefixes.word1[row]!,
        prefixes.word2[row]!,
        prefixes.word3[row]!,
        prefixes.length[row]!,
      ),
    );
    const cidrs = texts.map((text) => ipaddr.parseCIDR(text));
    for (let i = 0; i < 500; i++) {
      const address = SHAPES[name]!(random).slice(0, 4) as Address;
      const parsed = ipaddr.parse(formatAddress(...address));
      const expected = cidrs.flatMap((cidr, row) =>
        parsed.kind() === cidr[0].kind() && parsed.match(cidr) ? [row] : [],
      );
      expect(coveringByTrie(trie, address).sort((a, b) => a - b)).toEqual(expected);
    }
  });
});
