import { describe, expect, it } from 'vitest';
import { PrefixParser } from '../../src/registry/prefix.ts';
import { parseRegistry } from '../../src/registry/file/registry-file.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { SeededRandom } from '../kit/random.mjs';
import { lazy } from '../kit/lazy.ts';

const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference';

function registryOf(rows: readonly string[]): Registry {
  const { registry } = parseRegistry(new TextEncoder().encode([HEADER, ...rows].join('\n')), 'r.csv');
  return registry!;
}

const registry = lazy(() =>
  registryOf([
    '198.51.0.0/16,Wide,it,,,,R1',
    '198.51.100.0/24,Meridian Bank,bank,,,,R2',
    '198.51.100.0/24,Second,bank,,,,R2',
    '198.51.100.128/25,Inner,bank,,,,r2',
    '::/0,Six,it,,,,',
    '0.0.0.0/0,Four,it,,,,R 3',
    '2001:db8::/32,ÉCOLE École,it,,,,R4',
  ]),
);
const holders = (rows: readonly number[]): string[] => rows.map((row) => registry().registrationAt(row).holder);

function sought(text: string): PrefixParser {
  const parser = new PrefixParser();
  expect(parser.parse(text)).toBe(true);
  return parser;
}

describe('the search for registrations', () => {
  it.each([
    ['198.51.100.0/24', ['Four', 'Wide', 'Meridian Bank', 'Second'], ['Inner']],
    ['198.51.100.0/23', ['Four', 'Wide'], ['Meridian Bank', 'Second', 'Inner']],
    ['198.51.100.200/32', ['Four', 'Wide', 'Meridian Bank', 'Second', 'Inner'], []],
    ['203.0.113.0/24', ['Four'], []],
    ['0.0.0.0/0', ['Four'], ['Wide', 'Meridian Bank', 'Second', 'Inner']],
    ['::/0', ['Six'], ['ÉCOLE École']],
    ['2001:db8:1::/48', ['Six', 'ÉCOLE École'], []],
  ])('finds the prefixes around and inside %s', (text, covering, inside) => {
    expect(holders(registry().search.covering(sought(text)))).toEqual(covering);
    expect(holders(registry().search.inside(sought(text)))).toEqual(inside);
  });

  it('finds holders by a part of the name, and ignores case', () => {
    expect(holders(registry().search.ofHolder('BANK'))).toEqual(['Meridian Bank']);
    expect(holders(registry().search.ofHolder('école'))).toEqual(['ÉCOLE École']);
    expect(holders(registry().search.ofHolder('zebra'))).toEqual([]);
  });

  it('finds references by their whole text', () => {
    expect(holders(registry().search.ofReference('R2'))).toEqual(['Meridian Bank', 'Second']);
    expect(holders(registry().search.ofReference('R'))).toEqual([]);
    expect(holders(registry().search.ofReference('R 3'))).toEqual(['Four']);
    expect(holders(registry().search.ofReference(''))).toEqual([]);
  });

  it('finds the prefixes that cover an address', () => {
    const random = new SeededRandom(20);
    const rows = Array.from({ length: 300 }, () => {
      const length = random.below(25);
      const address = random.below(256) * 2 ** 24 + random.below(256) * 2 ** 16 + random.below(2 ** 16);
      const base = length === 0 ? 0 : Math.floor(address / 2 ** (32 - length)) * 2 ** (32 - length);
      return `${[24, 16, 8, 0].map((shift) => Math.floor(base / 2 ** shift) % 256).join('.')}/${length},h,it,,,,`;
    });
    const many = registryOf(rows);
    for (let i = 0; i < 300; i++) {
      const address = sought(`${random.below(256)}.${random.below(256)}.${random.below(256)}.${random.below(256)}`);
      const covering = many.coverages(address.word0, address.word1, address.word2, address.word3, 0);
      const found = many.search.covering(address);
      expect([...found].sort((a, b) => a - b)).toEqual(covering.map(({ index }) => index).sort((a, b) => a - b));
    }
  });
});
