import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatIssue } from '../../src/core/issue.ts';
import { parseMicros } from '../../src/core/units.ts';
import { parseRegistry } from '../../src/registry/file/registry-file.ts';

const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference';
const NOW = parseMicros('2025-06-01T00:00:00Z');

function issuesOf(content: Uint8Array | string): string[] {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return parseRegistry(bytes, 'r.csv', NOW).issues.kept.map(formatIssue);
}

function rowIssues(...rows: string[]): string[] {
  return issuesOf([HEADER, ...rows, ''].join('\n'));
}

describe('a registry file', () => {
  it('has no errors and all sectors where it is the committed example', () => {
    const bytes = readFileSync(new URL('../../rules/registry.csv', import.meta.url));
    const { registry, issues } = parseRegistry(bytes, 'registry.csv', NOW);
    expect(issues.errorCount).toBe(0);
    expect(registry?.count).toBe(41);
    const sectors = new Set(Array.from({ length: 41 }, (_, row) => registry!.registrationAt(row).sector));
    expect(sectors.size).toBe(8);
  });

  it('may have CRLF, a byte order mark, empty lines, quotes and any script', () => {
    const text = `\ufeff${HEADER}\r\n\r\n192.0.2.0/24,"Банк, ""Пример""",bank,,,,\r\n\r\n2001:db8::/32, x ,it,ipsec;wireguard,2024-01-01,2024-12-31,r`;
    const { registry, issues } = parseRegistry(new TextEncoder().encode(text), 'r.csv');
    expect(issues.kept).toEqual([]);
    expect(registry!.registrationAt(0)).toMatchObject({ prefix: '192.0.2.0/24', holder: 'Банк, "Пример"', line: 3 });
    expect(registry!.registrationAt(1)).toEqual({
      index: 1,
      line: 5,
      prefix: '2001:db8::/32',
      holder: 'x',
      sector: 'it',
      protocols: ['wireguard', 'ipsec'],
      validFromUs: parseMicros('2024-01-01T00:00:00Z'),
      validUntilUs: parseMicros('2025-01-01T00:00:00Z'),
      reference: 'r',
      scope: '',
    });
    expect(registry!.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('has every mistake of a row reported with its column', () => {
    expect(rowIssues('192.0.2.1/24,"",banks,wireguard;tor,2024-02-30,2024,x,')).toEqual([
      'r.csv:2:55: error: 8 fields, 7 are allowed; quote a field that has a comma in it',
    ]);
    const issues = rowIssues('192.0.2.1/24,"",banks,wireguard;tor,2024-02-30,2024-11-30T10:00,x');
    expect(issues.map((issue) => issue.split(' ', 1)[0])).toEqual([
      'r.csv:2:1:',
      'r.csv:2:15:',
      'r.csv:2:17:',
      'r.csv:2:33:',
      'r.csv:2:37:',
      'r.csv:2:48:',
    ]);
    expect(issues[3]).toContain('allowed are wireguard, openvpn, ipsec');
    expect(issues[5]).toContain('with its zone');
  });

  it.each([
    ['192.0.2.0/24,h,it,,2024-01-02,2024-01-01,', 'valid_until is not after valid_from'],
    ['192.0.2.0/24,h,it,,2024-01-01T00:00:00Z,2024-01-01T00:00:00Z,', 'is never in force'],
    ['192.0.2.0/24,h,it,wireguard;,,,', 'the protocol is missing'],
    ['192.0.2.0/24,h,it,wireguard;wireguard,,,', 'listed twice'],
    ['192.0.2.0/24,h,IT,,,,', 'allowed are it, bank, call-centre'],
    ['192.0.2.0/24,h,,,,,', 'the sector is missing'],
    ['192.0.2.0/24,h\u0007,it,,,,', 'U+0007'],
    ['192.0.2.0/24,h\u202e,it,,,,', 'U+202E'],
    ['192.0.2.0/24,h,it,,,', 'missing: reference'],
    ['# comment', 'a CSV file has no comments'],
    ['192.0.2.0/24,"h,it,,,,', 'this quote is not closed'],
    ['192.0.2.0/24, "h",it,,,,', 'there is a space before the quote'],
    ['192.0.2.0/24,"h"x,it,,,,', 'a quote is missing or in excess'],
    ['x'.repeat(5000), 'longer than 4096'],
  ])('is refused with the row %s', (row, message) => {
    const issues = rowIssues(row);
    expect(issues).toHaveLength(1);
    expect(issues[0]).toContain(message);
    expect(issues[0]).toContain('error');
  });

  it('includes the whole day of a date in valid_until', () => {
    expect(rowIssues('192.0.2.0/24,h,it,,2024-01-01,2024-01-01,').join()).toContain('since 2024-01-02T00:00:00');
  });

  it.each<[string, Uint8Array | string, string]>([
    ['nothing', '', 'the file is empty'],
    ['only a header', `${HEADER}\n`, 'no registrations'],
    ['another header', `prefix,holder,protocols\n`, 'r.csv:1:15: error: the header must be exactly'],
    ['NUL bytes', new Uint8Array(100), 'binary'],
    ['UTF-16', new Uint8Array([0xff, 0xfe, 0x70, 0]), 'UTF-16'],
    ['a spreadsheet', new Uint8Array([0x50, 0x4b, 3, 4]), 'spreadsheet'],
    ['gzip', new Uint8Array([0x1f, 0x8b, 8]), 'gzip'],
    ['one endless line', new Uint8Array(5_000_000).fill(0x41), 'r.csv:1:4097: error: this line is longer'],
  ])('has an issue: %s', (_name, bytes, message) => {
    const issues = issuesOf(bytes);
    expect(issues[0]).toContain(message);
    expect(issues.length).toBeLessThanOrEqual(2);
  });

  it('has invalid UTF-8 reported, and the other rows checked', () => {
    const latin1 = Buffer.from(
      `${HEADER}\n192.0.2.0/24,Université,it,,,,\n192.0.2.0/33,é,it,,,,\n192.0.2.0/33,x,it,,,,\n`,
      'latin1',
    );
    const issues = issuesOf(latin1);
    expect(issues[0]).toContain('r.csv:2:23: error: byte 0xE9 is not UTF-8 here');
    expect(issues[0]).toContain('save it as UTF-8 (in a spreadsheet: "CSV UTF-8")');
    expect(issues[1]).toContain('r.csv:3:14: error: byte 0xE9');
    expect(issues[2]).toContain('r.csv:4:11: error: this prefix length is 33');
  });

  it('has the right line numbers after many rows', () => {
    const row = '192.0.2.0/24,a holder with a name of some length to fill the blocks,it,,,,reference\n';
    const bad = '192.0.2.0/24,é,nothing,,,,\n';
    const text = `${HEADER}\n${row.repeat(30_000)}${bad}`;
    const { issues } = parseRegistry(new TextEncoder().encode(text), 'r.csv');
    expect(issues.kept.map((issue) => [issue.line, issue.column])).toEqual([[30_002, 16]]);
  });

  it('has a bounded number of issues kept where it is garbage', () => {
    const { registry, issues } = parseRegistry(
      new TextEncoder().encode(`${HEADER}\n${'garbage\n'.repeat(50_000)}`),
      'r',
    );
    expect(registry).toBeNull();
    expect(issues.errorCount).toBe(50_000);
    expect(issues.kept.length).toBeLessThanOrEqual(1000);
  });
});

describe('warnings', () => {
  it('are given for duplicates, overlaps, expired rows, reserved and wide prefixes', () => {
    const issues = rowIssues(
      '0.0.0.0/0,h,it,,,,',
      '10.1.0.0/16,h,it,,,,',
      '9.9.9.0/24,h,it,,,2024-12-31,',
      '9.9.9.0/24,h,it,,,2024-12-31,',
      '9.9.9.0/24,other,it,,,,',
      '192.0.2.0/28,h,it,,,,',
      '192.0.2.128/28,h,it,,,,',
      '::/8,h,it,,,,',
    );
    const text = issues.join('\n');
    expect(text).not.toContain('error');
    for (const part of [
      'r.csv:2:1: warning: 0.0.0.0/0 registers every IPv4 address',
      'r.csv:3:1: warning: is in 10.0.0.0/8, private (RFC 1918)',
      'r.csv:4:1: warning: expired: no longer in force since 2025-01-01',
      'r.csv:5:1: warning: repeats line 4',
      'r.csv:6:1: warning: the prefix of line 4 again',
      'r.csv:3:1: warning: 10.1.0.0/16 is inside 0.0.0.0/0 of line 2',
      'r.csv:7:1: warning: this row and 1 more are in 192.0.2.0/24, reserved for examples',
      'r.csv:9:1: warning: ::/8 registers 1/256 of all IPv6 addresses',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('are bounded for each kind', () => {
    const rows = Array.from({ length: 500 }, (_, i) => `10.0.${i >> 8}.${i & 255},h,it,,,2020-01-01,`);
    const issues = rowIssues(...rows, ...rows);
    expect(issues.length).toBe(63);
    expect(issues.at(-1)).toContain('and 480 more duplicate rows');
  });
});
