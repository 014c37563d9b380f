/** Dates at which decisions may change, and their grouping. */
import { describe, expect, it } from 'vitest';
import { parseMicros } from '../../src/core/units.ts';
import { changesAnything, isActiveAt, nextDate, nextGroup, type RulesPair } from '../../src/policy/boundaries.ts';
import { parsePolicy } from '../../src/policy/policy-file.ts';
import { parseRegistry } from '../../src/registry/file/registry-file.ts';

const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n';
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function pairOf(rules: readonly string[], rows: readonly string[] = []): RulesPair {
  const policy = parsePolicy(encode(`name: x\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`), 'p').policy!;
  const registry = parseRegistry(encode(HEADER + rows.map((row) => `${row}\n`).join('')), 'r').registry!;
  return { policy, registry };
}

const NIGHTLY =
  '{ name: night, action: allow, when: { schedule: { days: [mon, tue], from: "22:00", to: "06:00", zone: UTC } } }';
const GRACE = '{ name: grace, action: allow, when: { until: 2024-11-30T18:59:59Z } }';
const BLOCK = '{ name: rest, action: block, when: { registered: none } }';
const us = (text: string): number => parseMicros(text);

describe('dates of a policy and a registry', () => {
  it('come from registry, rules and schedules', () => {
    const pair = pairOf([NIGHTLY, GRACE, BLOCK], ['10.0.0.0/24,h,it,,2024-11-27,2024-11-28,r']);
    const dates: string[] = [];
    for (let at = us('2024-11-26T12:00:00Z'); dates.length < 8;) {
      at = nextDate(pair, at);
      dates.push(new Date(at / 1000).toISOString().slice(0, 16));
    }
    expect(
      dates.filter((date) => !date.endsWith('T00:00') && !date.endsWith('T06:00') && !date.endsWith('T22:00')),
    ).toEqual([]);
    expect(dates[0]).toBe('2024-11-26T22:00');
    expect(dates).toContain('2024-11-27T00:00');
    expect(dates).toContain('2024-11-29T00:00');
    expect(nextDate(pairOf([BLOCK]), 0)).toBe(Infinity);
    expect(nextGroup(pairOf([BLOCK]), 0)).toBeNull();
  });

  it('within a minute are one group, up to a limit', () => {
    const rows = [0, 10, 59, 60].map(
      (second) =>
        `10.0.0.${second}/32,h,it,,,2024-11-10T12:${second === 60 ? '01:00' : `00:${String(second).padStart(2, '0')}`}Z,r`,
    );
    const pair = pairOf([BLOCK], rows);
    const noon = us('2024-11-10T12:00:00Z');
    expect(nextGroup(pair, noon - 1)).toEqual({ firstUs: noon, lastUs: noon + 59e6 });
    expect(nextGroup(pair, noon - 1, noon + 20e6)).toEqual({ firstUs: noon, lastUs: noon + 10e6 });
    expect(nextGroup(pair, noon - 1, noon - 1)).toBeNull();
    // The limit itself is within.
    expect(nextGroup(pair, noon - 1, noon)).toEqual({ firstUs: noon, lastUs: noon });
    expect(nextGroup(pair, noon - 1, noon + 59e6)).toEqual({ firstUs: noon, lastUs: noon + 59e6 });
    expect(nextGroup(pair, noon + 59e6)).toEqual({ firstUs: noon + 60e6, lastUs: noon + 60e6 });
  });

  it('are a thousand in a group at most', () => {
    const rows = Array.from({ length: 1200 }, (_, at) => {
      const time = new Date(Date.parse('2024-11-10T12:00:00Z') + at * 10).toISOString();
      return `10.${at >> 8}.${at & 255}.0/24,h,it,,,${time},r`;
    });
    const pair = pairOf([BLOCK], rows);
    const noon = us('2024-11-10T12:00:00Z');
    expect(nextGroup(pair, noon - 1)).toEqual({ firstUs: noon, lastUs: noon + 999 * 10_000 });
  });

  it('of several within a group change something, without looking at each', () => {
    const pair = pairOf([NIGHTLY, BLOCK]);
    const midnight = us('2024-11-29T00:00:00Z');
    expect(changesAnything(pair, { firstUs: midnight, lastUs: midnight + 1 })).toBe(true);
  });

  it('change nothing where another date of the same rule excludes it', () => {
    const rule =
      '{ name: over, action: block, when: { until: 2024-11-01T00:00:00Z, schedule: { from: "22:00", to: "06:00", zone: UTC } } }';
    const begun = '{ name: begun, action: block, when: { from: 2024-11-20T00:00:00Z } }';
    const at = (text: string) => ({ firstUs: us(text), lastUs: us(text) });
    expect(changesAnything(pairOf([rule]), at('2024-11-26T22:00:00Z'))).toBe(false);
    expect(changesAnything(pairOf([rule]), at('2024-10-26T22:00:00Z'))).toBe(true);
    expect(changesAnything(pairOf([begun]), at('2024-11-20T00:00:00Z'))).toBe(true);
    expect(changesAnything(pairOf([begun]), at('2024-11-21T00:00:00Z'))).toBe(false);
  });

  it('change no decision where they are only the midnight of a day without a window', () => {
    const pair = pairOf([NIGHTLY, BLOCK], ['10.0.0.0/24,h,it,,2024-11-22,,r']);
    const at = (text: string) => ({ firstUs: us(text), lastUs: us(text) });
    expect(changesAnything(pair, at('2024-11-26T22:00:00Z'))).toBe(true);
    expect(changesAnything(pair, at('2024-11-27T06:00:00Z'))).toBe(true);
    expect(changesAnything(pair, at('2024-11-29T00:00:00Z'))).toBe(false);
    expect(changesAnything(pair, at('2024-11-22T00:00:00Z'))).toBe(true);
    const { policy } = pairOf([GRACE]);
    expect(isActiveAt(policy.rules[0]!, us('2024-11-30T18:59:59Z'))).toBe(true);
    expect(isActiveAt(policy.rules[0]!, us('2024-11-30T18:59:59Z') + 1)).toBe(false);
  });
});
