/** The summary of a registry: by cases, and against a twin that looks at every row and every address on its own. */
import { describe, expect, it } from 'vitest';
import { parseMicros } from '../../src/core/units.ts';
import { parseRegistry } from '../../src/registry/file/registry-file.ts';
import { type AddressCount, compareCoverage } from '../../src/registry/coverage-change.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { rangeInside } from '../../src/registry/lookup/prefix-range.ts';
import { PrefixParser } from '../../src/registry/prefix.ts';
import { DateCounts } from '../../src/registry/summary/date-counts.ts';
import { type RegistryFigures, RegistrySummary } from '../../src/registry/summary/registry-summary.ts';
import { Soonest } from '../../src/registry/summary/soonest.ts';
import { SeededRandom } from '../kit/random.mjs';

const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n';
const NOW = parseMicros('2024-11-10T12:00:00Z');

function registryOf(...rows: string[]): Registry {
  const text = HEADER + rows.map((row) => `${row}\n`).join('');
  return parseRegistry(new TextEncoder().encode(text), 'r').registry!;
}

/** Addresses that a registry covers now, for at least one protocol. */
function coverageOf(registry: Registry): AddressCount {
  const now = { registry, timeUs: NOW };
  return compareCoverage(now, now).addressesBefore;
}

function figuresOf(registry: Registry, step = 7): RegistryFigures {
  const summary = new RegistrySummary(registry, NOW);
  while (!summary.step(step));
  return summary.result();
}

describe('the summary of a registry', () => {
  it('counts what is in force, not yet valid, expired and expiring', () => {
    const figures = figuresOf(
      registryOf(
        '192.0.2.0/24,A,bank,,2021-03-01,,r1',
        '198.51.100.0/24,B,it,,2024-11-11,,r2',
        '203.0.113.0/24,C,it,,,2024-11-09,r3',
        '192.0.2.1/32,D,it,,2023-12-31,2024-11-16,r4',
        '192.0.2.2/32,E,it,,,2024-12-09,r5',
        '192.0.2.3/32,F,it,,,2025-02-07,r6',
        '192.0.2.4/32,G,it,,,2025-02-09,r7',
      ),
    );
    expect(figures).toMatchObject({ rows: 7, inForce: 5, notYetValid: 1, expired: 1, expiring: [1, 2, 3] });
    expect(figures.expiringRows).toEqual([3, 4, 5]);
    expect(figures.withoutBegin).toBe(4);
    expect(figures.months).toEqual([
      { month: '2021-03', begin: 1, end: 0 },
      { month: '2023-12', begin: 1, end: 0 },
      { month: '2024-11', begin: 1, end: 2 },
      { month: '2024-12', begin: 0, end: 1 },
      { month: '2025-02', begin: 0, end: 2 },
    ]);
  });

  it('counts addresses by sector once, however often they are registered', () => {
    const { sectors } = figuresOf(
      registryOf(
        '192.0.2.0/24,A,bank,,,,r1',
        '192.0.2.0/25,A,bank,,,,r2',
        '192.0.2.0/25,B,it,,,,r3',
        '192.0.2.128/25,B,it,,,,r4',
        '192.0.2.128/25,B,it,,,,r5',
        '2001:db8::/32,A,bank,,,,r6',
        '2001:db8:1::/48,A,bank,,,,r7',
        '::/0,X,other,,,,r8',
        '10.0.0.0/8,X,other,,,2020-01-01,r9',
      ),
    );
    expect(sectors).toEqual([
      { sector: 'it', registrations: 3, ipv4: 256, ipv6: 0n },
      { sector: 'bank', registrations: 4, ipv4: 256, ipv6: 1n << 96n },
      { sector: 'other', registrations: 1, ipv4: 0, ipv6: 1n << 128n },
    ]);
  });

  it('names duplicates and overlaps', () => {
    const figures = figuresOf(
      registryOf(
        '192.0.2.0/24,A,bank,,,,r1',
        '192.0.2.0/24,A,bank,,,,r1',
        '192.0.2.0/24,B,it,,,,r2',
        '192.0.2.128/25,C,it,,,,r3',
        '198.51.100.0/24,D,it,,,,r4',
      ),
    );
    expect(figures).toMatchObject({ duplicateCount: 1, overlapCount: 2 });
    expect(figures.overlaps).toEqual([
      { row: 1, other: 0, kind: 'duplicate' },
      { row: 2, other: 0, kind: 'same' },
      { row: 3, other: 0, kind: 'inside' },
    ]);
  });

  it('is that of a twin, for any size of a step', () => {
    const random = new SeededRandom(9);
    const sectors = ['bank', 'it', 'other'];
    const dates = ['', '2024-10-01', '2024-11-10', '2024-11-12', '2024-12-30', '2025-03-01'];
    for (let round = 0; round < 60; round++) {
      const rows = Array.from({ length: random.below(60) }, () => {
        const length = random.between(24, 32);
        const address = 0xc0000200 + ((random.below(256) >>> (32 - length)) << (32 - length));
        const prefix = `192.0.2.${address & 255}/${length}`;
        const [from, until] = [random.pick(dates), random.pick(dates)].sort();
        return `${prefix},H,${random.pick(sectors)},,${from},${until},r`;
      });
      const registry = registryOf(...rows);
      const figures = figuresOf(registry, random.between(1, 20));
      expect(figures.inForce).toBe(registry.countInForce(NOW));
      expect(figures.inForce + figures.expired + figures.notYetValid).toBe(registry.count);
      for (const { sector, registrations, ipv4 } of figures.sectors) {
        const own = rows.filter((row) => row.includes(`,${sector},`));
        const ownRegistry = registryOf(...own);
        expect(registrations).toBe(ownRegistry.countInForce(NOW));
        expect(ipv4).toBe(coverageOf(ownRegistry).ipv4);
      }
      for (const [at, days] of [7, 30, 90].entries()) {
        const until = NOW + days * 86_400e6;
        const twin = rows.filter((_, row) => registry.isInForce(row, NOW) && registry.validUntilUs(row) <= until);
        expect(figures.expiring[at]).toBe(twin.length);
      }
    }
  });
});

describe('registrations by spans of time', () => {
  it('begin and expire as a look at every row says', () => {
    const random = new SeededRandom(6);
    const dates = ['', '2024-11-01', '2024-11-05', '2024-11-06', '2024-11-20', '2024-12-01'];
    const day = (date: string): number => parseMicros(`${date}T00:00:00Z`);
    const spans = [
      { firstUs: day('2024-11-05'), lastUs: day('2024-11-05') },
      { firstUs: day('2024-11-06'), lastUs: day('2024-11-07') },
      { firstUs: day('2024-11-21'), lastUs: day('2024-12-01') },
    ];
    for (let round = 0; round < 100; round++) {
      const rows = Array.from({ length: random.below(40) }, (_, at) => {
        const [from, until] = [random.pick(dates), random.pick(dates)].sort();
        return `192.0.2.${at},H,it,,${from},${until},r`;
      });
      const registry = registryOf(...rows);
      const counts = new DateCounts(registry, spans);
      while (!counts.step(random.between(1, 9)));
      for (const [at, { firstUs, lastUs }] of spans.entries()) {
        const changed = (was: boolean): number =>
          [...rows.keys()].filter(
            (row) => registry.isInForce(row, firstUs - 1) === was && registry.isInForce(row, lastUs) === !was,
          ).length;
        expect([counts.expire[at], counts.begin[at]]).toEqual([changed(true), changed(false)]);
      }
    }
  });
});

describe('the soonest of many', () => {
  it('are those that a sort finds', () => {
    const random = new SeededRandom(4);
    for (let round = 0; round < 200; round++) {
      const times = Array.from({ length: random.below(60) }, () => random.below(20));
      const soonest = new Soonest(10);
      for (const [row, time] of times.entries()) soonest.offer(row, time);
      const twin = [...times.keys()].sort((a, b) => times[a]! - times[b]! || a - b).slice(0, 10);
      expect(soonest.inOrder()).toEqual(twin);
      expect(soonest.count).toBe(times.length);
    }
  });
});

describe('the rows inside a prefix', () => {
  it('are those that a search of every row finds', () => {
    const random = new SeededRandom(5);
    const families = [
      (): string => `192.0.2.${random.below(16) * 16}/${random.pick([28, 29, 30, 32])}`,
      (): string => `192.0.${random.below(4)}.0/${random.pick([24, 25])}`,
      (): string => `2001:db8:${random.below(4)}::/${random.pick([48, 64, 128])}`,
    ];
    for (let round = 0; round < 100; round++) {
      const registry = registryOf(...Array.from({ length: 40 }, () => `${random.pick(families)()},H,it,,,,r`));
      for (const text of [
        '0.0.0.0/0',
        '::/0',
        '192.0.2.0/24',
        '192.0.2.0/28',
        '192.0.2.16/30',
        '2001:db8::/32',
        '2001:db8:1::/48',
        '255.255.255.255/32',
      ]) {
        const prefix = new PrefixParser();
        expect(prefix.parse(text)).toBe(true);
        const { from, to } = rangeInside(registry.prefixes, registry.rowsInOrder, prefix);
        expect([...registry.rowsInOrder.subarray(from, to)]).toEqual(registry.search.inside(prefix));
      }
    }
  });
});
