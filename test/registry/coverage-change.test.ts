/** Coverage that a change takes away, against a twin that looks up every address and protocol. */
import { describe, expect, it } from 'vitest';
import { Protocol, PROTOCOL_NAMES } from '../../src/core/protocol.ts';
import { compareCoverage, type CoverageChange } from '../../src/registry/coverage-change.ts';
import { formatPrefix } from '../../src/core/ip-address.ts';
import { PrefixParser, wordMask } from '../../src/registry/prefix.ts';
import { NO_REGISTRATION } from '../../src/registry/registration.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { parseRegistry } from '../../src/registry/file/registry-file.ts';
import { type Address, SeededRandom } from '../kit/random.mjs';

const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference';
const PROTOCOLS = [Protocol.WIREGUARD, Protocol.OPENVPN, Protocol.IPSEC];

function registryOf(rows: readonly string[]): Registry {
  const { registry, issues } = parseRegistry(new TextEncoder().encode([HEADER, ...rows].join('\n')), 'r.csv');
  expect(issues.kept).toEqual([]);
  return registry!;
}

const DAY_US = 86_400_000_000;
const DAY = (day: number): string => new Date((day * DAY_US) / 1000).toISOString().slice(0, 10);

/** Rows in 10.0.0.0/24 and 2001:db8::/120, in force on some of the days 1 to 3 of 1970. */
function randomRows(random: SeededRandom, count: number): string[] {
  return Array.from({ length: count }, () => {
    const length = 120 + random.below(9);
    const word = random.below(256);
    const address: Address = random.below(3) > 0 ? [0, 0, 0xffff, 0x0a000000 | word] : [0x20010db8, 0, 0, word];
    const words = address.map((value, at) => value & wordMask(length, at)) as Address;
    const listed = PROTOCOL_NAMES.slice(1).filter(() => random.below(2) === 0);
    const protocols = random.below(2) === 0 ? '' : listed.join(';');
    const from = random.below(2) === 0 ? '' : DAY(1 + random.below(2));
    const until = random.below(2) === 0 ? '' : DAY(2 + random.below(2));
    const sector = ['it', 'bank', 'other'][random.below(3)]!;
    return `${formatPrefix(...words, length)},h,${sector},${protocols},${from},${until},r`;
  });
}

function everyAddress(): Address[] {
  const addresses: Address[] = [];
  for (let word = 0; word < 256; word++) addresses.push([0, 0, 0xffff, 0x0a000000 | word], [0x20010db8, 0, 0, word]);
  return addresses;
}

/** The slow twin: looks up each address. */
function twin(before: Registry, beforeUs: number, after: Registry, afterUs: number): CoverageChange {
  const covers = (registry: Registry, address: Address, timeUs: number, protocol: number): boolean =>
    registry.covers(...address, timeUs, protocol) !== NO_REGISTRATION;
  const change = { addressesBefore: [0, 0], addressesAfter: [0, 0], addressesLost: [0, 0] };
  for (const address of everyAddress()) {
    const family = address[0] === 0 ? 0 : 1;
    const old = PROTOCOLS.map((protocol) => covers(before, address, beforeUs, protocol));
    const now = PROTOCOLS.map((protocol) => covers(after, address, afterUs, protocol));
    if (old.includes(true)) change.addressesBefore[family]!++;
    if (now.includes(true)) change.addressesAfter[family]!++;
    if (old.some((was, at) => was && !now[at])) change.addressesLost[family]!++;
  }
  const lostBySector: Record<string, number> = {};
  for (let row = 0; row < before.count; row++) {
    const { prefix, sector, protocols, validFromUs, validUntilUs } = before.registrationAt(row);
    if (beforeUs < (validFromUs ?? -Infinity) || beforeUs >= (validUntilUs ?? Infinity)) continue;
    const parser = new PrefixParser();
    parser.parse(prefix);
    const words = [parser.word0, parser.word1, parser.word2, parser.word3];
    const inside = everyAddress().filter((address) =>
      address.every((word, at) => (word & wordMask(parser.length, at)) === words[at]),
    );
    const asked = PROTOCOLS.filter((code) => protocols.length === 0 || protocols.includes(PROTOCOL_NAMES[code]));
    const isKept = inside.every((address) => asked.every((protocol) => covers(after, address, afterUs, protocol)));
    if (!isKept) lostBySector[sector] = (lostBySector[sector] ?? 0) + 1;
  }
  const both = ([ipv4, ipv6]: readonly number[]) => ({ ipv4: ipv4!, ipv6: BigInt(ipv6!) });
  return {
    inForceBefore: before.countInForce(beforeUs),
    inForceAfter: after.countInForce(afterUs),
    lost: Object.values(lostBySector).reduce((sum, count) => sum + count, 0),
    lostBySector,
    addressesBefore: both(change.addressesBefore),
    addressesAfter: both(change.addressesAfter),
    addressesLost: both(change.addressesLost),
  };
}

describe('coverage that a change takes away', () => {
  it.each([0, 1, 2, 5, 20, 60])('equals that of the twin: two registries of %d rows, and one at two times', (count) => {
    for (let seed = 0; seed < 8; seed++) {
      const random = new SeededRandom(count * 100 + seed);
      const first = registryOf(randomRows(random, count));
      const second = registryOf(randomRows(random, count + random.below(3)));
      const [timeA, timeB] = [DAY_US * (1 + random.below(3)), DAY_US * (1 + random.below(3))];
      for (const [a, b] of [
        [first, second],
        [first, first],
      ] as const) {
        const change = compareCoverage({ registry: a, timeUs: timeA }, { registry: b, timeUs: timeB });
        expect(change).toEqual(twin(a, timeA, b, timeB));
      }
    }
  });

  it('equals that of the twin where a few rows were removed or added', () => {
    for (let seed = 0; seed < 20; seed++) {
      const random = new SeededRandom(7000 + seed);
      const rows = randomRows(random, 30);
      const [a, b] = [registryOf(rows), registryOf(rows.filter(() => random.below(8) > 0))];
      const change = compareCoverage({ registry: a, timeUs: DAY_US * 2 }, { registry: b, timeUs: DAY_US * 2 });
      expect(change).toEqual(twin(a, DAY_US * 2, b, DAY_US * 2));
    }
  });

  const change = (before: readonly string[], after: readonly string[]): CoverageChange =>
    compareCoverage({ registry: registryOf(before), timeUs: 0 }, { registry: registryOf(after), timeUs: 0 });
  const row = (prefix: string, protocols = '', reference = 'r'): string => `${prefix},h,it,${protocols},,,${reference}`;

  it('may be the whole address space', () => {
    const all = [row('0.0.0.0/0'), row('::/0')];
    expect(change(all, all).addressesBefore).toEqual({ ipv4: 2 ** 32, ipv6: 1n << 128n });
    const halves = [row('0.0.0.0/1'), row('128.0.0.0/1'), row('::/1'), row('8000::/1')];
    expect(change(all, halves)).toMatchObject({ lost: 0, addressesLost: { ipv4: 0, ipv6: 0n } });
    // All addresses but the last: 128 prefixes, whose sum is not exact in doubles.
    const chain = Array.from({ length: 128 }, (_, at) => {
      const start = (1n << 128n) - (1n << (128n - BigInt(at)));
      const groups = Array.from({ length: 8 }, (__, group) =>
        ((start >> BigInt(112 - group * 16)) & 0xffffn).toString(16),
      );
      return row(`${groups.join(':')}/${at + 1}`);
    });
    expect(change(all, [row('0.0.0.0/0'), ...chain])).toMatchObject({
      lost: 1,
      addressesAfter: { ipv6: (1n << 128n) - 1n },
      addressesLost: { ipv4: 0, ipv6: 1n },
    });
  });

  it('does not include registrations that are renamed, split, merged, widened or listed twice', () => {
    const before = [row('198.51.100.0/24', '', 'old'), row('203.0.113.0/25'), row('203.0.113.128/25')];
    const after = [row('198.51.100.0/25'), row('198.51.100.128/25'), row('203.0.112.0/23'), row('203.0.112.0/23')];
    expect(change(before, after)).toMatchObject({
      lost: 0,
      inForceBefore: 3,
      inForceAfter: 4,
      addressesLost: { ipv4: 0 },
    });
  });

  it('includes registrations that are narrowed by one address or one protocol', () => {
    const before = [row('198.51.100.0/24'), row('203.0.113.0/32')];
    const holed = [
      '198.51.100.0/25',
      '198.51.100.128/26',
      '198.51.100.192/27',
      '198.51.100.224/28',
      '198.51.100.240/29',
      '198.51.100.248/30',
      '198.51.100.252/31',
      '198.51.100.254/32',
    ];
    expect(change(before, [...holed.map((prefix) => row(prefix)), row('203.0.113.0/32')])).toMatchObject({
      lost: 1,
      addressesLost: { ipv4: 1, ipv6: 0n },
    });
    const other = [row('198.51.100.0/24', 'wireguard'), row('198.51.100.0/24', 'openvpn'), row('203.0.113.0/32')];
    expect(change(before, other)).toMatchObject({ lost: 1, addressesLost: { ipv4: 256 } });
    expect(change(before, [...other, row('198.51.100.0/24', 'ipsec')])).toMatchObject({ lost: 0 });
  });

  it('includes the missing rows of a truncated file: 50 of 1,000 registrations and their addresses', () => {
    const rows = Array.from({ length: 1000 }, (_, at) => row(`10.${at >> 8}.${at & 255}.0/28`));
    expect(change(rows, rows.slice(0, 950))).toMatchObject({
      inForceBefore: 1000,
      lost: 50,
      addressesLost: { ipv4: 800 },
    });
  });
});
