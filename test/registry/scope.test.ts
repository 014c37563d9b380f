/** The column `scope`: how it is parsed, and the pairs. Which row counts at which end is in registry.test. */
import { describe, expect, it } from 'vitest';
import { formatIssue } from '../../src/core/issue.ts';
import { Protocol } from '../../src/core/protocol.ts';
import { parseMicros } from '../../src/core/units.ts';
import { pairOver } from '../../src/registry/pair-coverage.ts';
import { PrefixParser } from '../../src/registry/prefix.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { parseRegistry } from '../../src/registry/file/registry-file.ts';
import { SCOPE_NAMES } from '../../src/registry/scope.ts';

const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference';

function readingOf(header: string, ...rows: string[]) {
  return parseRegistry(new TextEncoder().encode([header, ...rows].join('\n')), 'r.csv');
}

function scopesOf(registry: Registry): string[] {
  return Array.from({ length: registry.count }, (_, row) => registry.registrationAt(row).scope);
}

describe('the scope of a registration', () => {
  it('is either end without the column, or with an empty field', () => {
    expect(scopesOf(readingOf(HEADER, '9.9.9.0/24,A,it,,,,R').registry!)).toEqual(['']);
    expect(scopesOf(readingOf(`${HEADER},scope`, '9.9.9.0/24,A,it,,,,R,').registry!)).toEqual(['']);
  });

  it('is read alike from bytes and as text: a quoted holder, and a text that came before', () => {
    for (const holder of ['A', '"A, B"']) {
      const rows = [...SCOPE_NAMES, ...SCOPE_NAMES].map((scope, at) => `9.9.${at}.0/24,${holder},it,,,,R,${scope}`);
      expect(scopesOf(readingOf(`${HEADER},scope`, ...rows).registry!)).toEqual([...SCOPE_NAMES, ...SCOPE_NAMES]);
    }
  });

  it.each([
    [
      '9.9.9.0/24,A,it,,,,R,server',
      'the scope is "server"; allowed are source, destination, pair, or nothing for either end; did you mean destination?',
    ],
    ['9.9.9.0/24,A,it,,,,R', 'missing: scope'],
    ['9.9.9.0/24,A,it,,,,,pair', 'a pair needs a reference'],
    ['9.9.9.0/24,A,it,,,,R,source,', '9 fields, 8 are allowed'],
  ])('is refused: %s', (row, message) => {
    const { registry, issues } = readingOf(`${HEADER},scope`, row);
    expect(registry).toBeNull();
    expect(issues.kept.map(formatIssue).join('\n')).toContain(message);
  });

  it('is warned of where a pair has one row', () => {
    const bytes = new TextEncoder().encode([`${HEADER},scope`, '9.9.9.0/24,A,it,,,,R,pair', ''].join('\n'));
    const { issues } = parseRegistry(bytes, 'r.csv', parseMicros('2025-06-01T00:00:00Z'));
    expect(issues.kept.map(formatIssue)).toEqual([
      'r.csv:2:1: warning: no other row of scope pair has reference "R", so this covers only flows with both ends in its prefix',
    ]);
  });

  it('has no column in a file without it', () => {
    const { registry, issues } = readingOf(HEADER, '9.9.9.0/24,A,it,,,,R,source');
    expect(registry).toBeNull();
    expect(formatIssue(issues.kept[0]!)).toContain('8 fields, 7 are allowed');
  });
});

describe('a pair', () => {
  const registry = readingOf(
    `${HEADER},scope`,
    '9.9.9.0/24,A,it,wireguard,,,R1,pair',
    '8.8.8.0/24,A,it,,,,R1,pair',
    '7.7.7.0/24,B,it,,,,R2,pair',
    '6.6.6.0/24,A,it,,,,R1,source',
  ).registry!;
  const words = (text: string): number[] => {
    const parser = new PrefixParser();
    expect(parser.parseAddress(text)).toBe(true);
    return [parser.word0, parser.word1, parser.word2, parser.word3];
  };
  const over = (source: string, destination: string, protocol: number = Protocol.WIREGUARD) =>
    pairOver(registry, words(source), words(destination), 0, protocol);

  it('covers a flow between two of its prefixes, in both directions', () => {
    expect(over('9.9.9.1', '8.8.8.1')).toEqual({ source: 0, destination: 1 });
    expect(over('8.8.8.1', '9.9.9.1')).toEqual({ source: 1, destination: 0 });
  });

  it('covers no flow to another reference, to an address outside, of another scope, or of another protocol', () => {
    expect(over('9.9.9.1', '7.7.7.1')).toBeNull();
    expect(over('9.9.9.1', '5.5.5.1')).toBeNull();
    expect(over('6.6.6.1', '8.8.8.1')).toBeNull();
    expect(over('9.9.9.1', '8.8.8.1', Protocol.OPENVPN)).toBeNull();
  });
});
